"""Killing a node again and again while people go on with a round."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from tests.e2e import strikes
from tests.e2e.chain import books, network
from tests.e2e.chain.people import ASY, contribute, people, post_model, write_parts
from tests.e2e.conftest import RunningNode

from assay.client import Client, NodeUnreachable, RpcError, SubscriptionLost, TxNotSeen
from assay.client.bounty import Terms
from assay.proto.state_pb2 import Round

T = TypeVar("T")
_GOES_AWAY = (NodeUnreachable, RpcError, SubscriptionLost, TxNotSeen)
_LEAST, _MOST = 0.2, 1.5


class Storm:
    """Ends a node's processes in turn, at moments drawn from a seed, and starts the node again.

    Parameters
    ----------
    node
        A running node.
    seed
        Decides what is ended when.

    Attributes
    ----------
    strikes
        What was done so far, for whoever has to find out what went wrong.
    """

    def __init__(self, node: RunningNode, seed: int) -> None:
        self.node = node
        self.strikes: list[str] = []
        self._random = random.Random(seed)
        kills = self._random.sample((strikes.kill, strikes.kill_cometbft), 2)
        others = self._random.sample((_kill_workers, strikes.interrupt), 2)
        self._kinds = itertools.cycle([*kills, *others])
        print(f"storm with seed {seed}")

    async def rage(self, over: asyncio.Event, most: int) -> None:
        """Strike some moments after the node began to answer again, until it is over."""
        for _ in range(most):
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self._random.uniform(_LEAST, _MOST))
                return
            await asyncio.to_thread(self.strike)

    def strike(self) -> None:
        """Do harm, check what is left, and have the node going again."""
        kind, height = next(self._kinds), self.node.height()
        self.strikes.append(f"{kind.__name__.strip('_')} at height {height}")
        print(self.strikes[-1], flush=True)
        kind(self.node)
        if self.node.process is None:
            self.node.start()
        self.node.wait_for_height(height + 1)

    async def persist(self, act: Callable[[Client], Awaitable[T]]) -> T:
        """Do something, from its beginning again whenever the node goes away, as people do."""
        while True:
            try:
                async with Client(self.node.rpc_url, network.CHAIN_ID) as client:
                    return await act(client)
            except _GOES_AWAY:
                await asyncio.sleep(0.2)


def _kill_workers(node: RunningNode) -> None:
    """Kill all workers, and leave their successors alone until they have started."""
    strikes.kill_workers(node)
    time.sleep(_MOST)


async def round_in_a_storm(storm: Storm, folder: Path, most: int) -> Round:
    """Have a whole round while the storm strikes, so often at most; return its record, which adds up."""
    async with Client(storm.node.rpc_url, network.CHAIN_ID) as client:
        owner, *crowd = await people(client, folder, ["owner", "first", "second", "third"])
        held_out, *parts = write_parts(folder, [100, 80, 60, 50])
        bounty = await post_model(client, owner, held_out)
        # Phases end early; the windows have room for whoever finds the node away.
        terms = Terms(
            10 * ASY, min_contributors=3, max_contributors=3, reveal_window=1000, scoring_window=1000
        )
        opened = await bounty.open(client, terms)
    over = asyncio.Event()
    raging = asyncio.create_task(storm.rage(over, most))
    takes_part = partial(contribute, round_id=opened.id)
    await asyncio.gather(
        *(
            storm.persist(partial(takes_part, person=person, data=part))
            for person, part in zip(crowd, parts, strict=True)
        )
    )
    over.set()
    await raging
    async with Client(storm.node.rpc_url, network.CHAIN_ID) as client:
        record, _, _ = await books.explained(client, opened.id)
        await books.check_round_closed(client, record)
    return record
