"""Killing a node again and again while people go on with a round."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from tests.e2e.chain import books, network
from tests.e2e.chain.people import ASY, contribute, people, post_model, write_parts
from tests.e2e.conftest import RunningNode

from assay.client import Client, NodeUnreachable, RpcError, SubscriptionLost, TxNotSeen
from assay.client.bounty import Terms
from assay.proto.state_pb2 import Round
from assay.state.store import Store

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
        kills = self._random.sample((self._kill_application, self._kill_cometbft), 2)
        others = self._random.sample((self._kill_workers, self._interrupt), 2)
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
        kind()
        if self.node.process is None:
            check_store(self.node)
            self.node.start()
        self.node.wait_for_height(height + 1)

    def _kill_application(self) -> None:
        processes = self._processes()
        self.node.kill()
        network.wait_gone(processes)

    def _kill_cometbft(self) -> None:
        processes = self._processes()
        os.kill(self.node.cometbft_pid(), signal.SIGKILL)
        code, output = self.node.wait()
        assert code == 1, output
        assert "CometBFT ended by SIGKILL" in output, output
        network.wait_gone(processes)

    def _kill_workers(self) -> None:
        """The node goes on and has others; they are left alone until they have started."""
        killed = network.worker_pids(self.node)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        network.wait_gone(killed)
        self.node.wait_until(lambda: len(network.worker_pids(self.node)) == len(killed), "new workers")
        time.sleep(_MOST)

    def _interrupt(self) -> None:
        processes = self._processes()
        code, output = self.node.stop(signal.SIGINT)
        assert code == 0, output
        network.wait_gone(processes)

    def _processes(self) -> list[int]:
        assert self.node.process is not None
        return [*self.node.children(), self.node.process.pid]

    async def persist(self, act: Callable[[Client], Awaitable[T]]) -> T:
        """Do something, from its beginning again whenever the node goes away, as people do."""
        while True:
            try:
                async with Client(self.node.rpc_url, network.CHAIN_ID) as client:
                    return await act(client)
            except _GOES_AWAY:
                await asyncio.sleep(0.2)


def check_store(node: RunningNode) -> None:
    """The store of a dead node is at the height it executed last, or at the one before; whole either way."""
    executed = network.executed_app_hashes(node)
    with Store.open(node.home.store) as store:
        version, root = store.version, store.root.hex().upper()
    if executed:
        last = max(executed)
        assert version in (last - 1, last)
        assert root.startswith(executed.get(version, ""))


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
