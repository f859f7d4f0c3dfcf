"""When a height will be reached, estimated from how fast blocks have come lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from assay.client.client import Client
from assay.client.errors import BadResponse
from assay.client.rpc import block_time, understood

_SAMPLE: Final = 20
_MOST_SECONDS: Final = 366 * 86_400
"""A chain that stood still for longer has other worries than when a round ends."""


@dataclass(frozen=True)
class BlockClock:
    """Height and time of the latest block, and the seconds from one block to the next."""

    height: int
    time: datetime
    interval: float

    def expected(self, height: int) -> datetime:
        """Return when a height will be, or was, reached."""
        return self.time + timedelta(seconds=(height - self.height) * self.interval)

    def describe(self, height: int) -> str:
        """Return a height with its time: ``height 120 (in 60 blocks, about 2 min, at 14:03:10)``."""
        left = height - self.height
        when = self._clock_time(height)
        if left > 0:
            return f"height {height} (in {_blocks(left)}, about {_duration(left * self.interval)}, at {when})"
        if left == 0:
            return f"height {height} (the latest block, at {when})"
        return f"height {height} ({_blocks(-left)} ago, at about {when})"

    def _clock_time(self, height: int) -> str:
        """Return the local time of a height, with its day where that is not the latest block's."""
        when, now = self.expected(height).astimezone(), self.time.astimezone()
        return when.strftime("%H:%M:%S" if when.date() == now.date() else "%Y-%m-%d %H:%M")


async def measure(client: Client) -> BlockClock:
    """Look at the latest headers of a node."""
    answer = await client.rpc.call("status")
    with understood("status"):
        latest = int(answer["sync_info"]["latest_block_height"])
    first = max(1, latest - _SAMPLE)
    newest, oldest = await _time(client, latest), await _time(client, first)
    seconds = (newest - oldest).total_seconds()
    if not 0 <= seconds <= _MOST_SECONDS:
        raise BadResponse(f"the node's headers {first} and {latest} lie {seconds:g} s apart")
    return BlockClock(latest, newest, seconds / (latest - first) if latest > first else 1.0)


async def _time(client: Client, height: int) -> datetime:
    answer = await client.rpc.call("header", height=str(height))
    with understood("header"):
        return block_time(answer["header"]["time"])


def _blocks(count: int) -> str:
    return "1 block" if count == 1 else f"{count:,} blocks"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
