"""Heights as times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.client.devnode import DevNode

from assay.client import BadResponse, Client
from assay.client.timing import BlockClock, measure

CLOCK = BlockClock(100, datetime(2026, 1, 1, 12, tzinfo=UTC), 2.0)


@pytest.mark.parametrize(
    ("height", "words"),
    [
        (110, "in 10 blocks, about 20 s, at "),
        (101, "in 1 block, about 2 s, at "),
        (400, "in 300 blocks, about 10 min, at "),
        (9100, "in 9,000 blocks, about 5.0 h, at "),
        (100, "the latest block, at "),
        (99, "1 block ago, at about "),
        (90, "10 blocks ago, at about "),
        (100 + 86_400, "about 48.0 h, at 2026-01-03 "),
    ],
)
def test_a_height_is_told_with_its_time(height: int, words: str) -> None:
    assert CLOCK.describe(height).startswith(f"height {height} (")
    assert words in CLOCK.describe(height)
    assert CLOCK.expected(height) == CLOCK.time + timedelta(seconds=2 * (height - 100))


async def test_the_interval_is_measured(url: str) -> None:
    async with Client(url) as client:
        await client.blocks.until(10)
        clock = await measure(client)
        assert clock.height >= 10
        assert 0.01 < clock.interval < 2
        assert abs((datetime.now(UTC) - clock.time).total_seconds()) < 30


@pytest.mark.parametrize("year", ["0001", "9999"])
async def test_times_no_chain_has_are_refused(url: str, node: DevNode, year: str) -> None:
    def lie(method: str, result: dict[str, Any]) -> dict[str, Any]:
        if method == "header" and result["header"]["height"] == "1":
            return {"header": result["header"] | {"time": f"{year}-01-01T00:00:00Z"}}
        return result

    node.spoil = lie
    async with Client(url) as client:
        with pytest.raises(BadResponse, match=r"the node's headers 1 and [0-9]+ lie "):
            await measure(client)
