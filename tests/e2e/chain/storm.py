"""Killing a node again and again while people go on with what they do."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from tests.e2e.chain import network
from tests.e2e.conftest import RunningNode

from assay.client import Client, NodeUnreachable, RpcError, SubscriptionLost, TxNotSeen
from assay.state.store import Store

T = TypeVar("T")
_GOES_AWAY = (NodeUnreachable, RpcError, SubscriptionLost, TxNotSeen)
VICTIMS = ("application", "cometbft")
_LEAST, _MOST = 0.2, 3.0


class Storm:
    """Kills the application and CometBFT in turn at moments drawn from a seed, and starts the node again.

    Parameters
    ----------
    node
        A running node.
    seed
        Decides what is killed when.

    Attributes
    ----------
    kills
        What was killed so far, for whoever has to find out what went wrong.
    """

    def __init__(self, node: RunningNode, seed: int) -> None:
        self.node = node
        self.kills: list[str] = []
        self._random = random.Random(seed)
        self._victims = itertools.cycle(self._random.sample(VICTIMS, len(VICTIMS)))
        print(f"storm with seed {seed}")

    async def rage(self, over: asyncio.Event) -> None:
        """Kill the node some moments after it began to answer again, until it is over."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self._random.uniform(_LEAST, _MOST))
                return
            await asyncio.to_thread(self.strike)

    def strike(self) -> None:
        """Kill one of the two processes, check what is left, and start the node again."""
        node, victim = self.node, next(self._victims)
        processes = [*node.children(), node.process.pid] if node.process else []
        height = node.height()
        if victim == "application":
            node.kill()
        else:
            os.kill(node.cometbft_pid(), signal.SIGKILL)
            code, output = node.wait()
            assert code == 1, output
            assert "CometBFT ended by SIGKILL" in output, output
        network.wait_gone(processes)
        self.kills.append(f"{victim} at height {height}")
        print("killed", self.kills[-1])
        check_store(node)
        node.start()
        node.wait_for_height(height + 1)

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
