"""Waiting for transactions of a node that was away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.client.devnode import ALICE, BOB, DevNode

from assay.client import Client, messages, waiting


async def test_a_transaction_the_node_has_forgotten_is_handed_to_it_again(
    url: str, node: DevNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_RESEND_SECONDS", 0.3)
    async with Client(url) as client:
        node.hold_blocks = True
        pending = await client.send(ALICE, [messages.transfer(BOB.address, 5)])
        waits = asyncio.create_task(pending.wait(20))
        node.mempool.clear()  # as a restart does
        node.seen.clear()
        node.view = None
        node.hold_blocks = False
        result = await waits
        assert (result.hash, node.calls["broadcast_tx_sync"] > 1) == (pending.hash, True)


async def test_blocks_that_nobody_tells_of_are_asked_for(
    url: str, node: DevNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node may confirm a subscription and be silent; who has a window to keep must not wait for ever."""

    async def silent(*_: Any) -> None:
        """Tell nobody."""

    monkeypatch.setattr(node, "_tell", silent)
    monkeypatch.setattr(waiting, "_RECHECK_SECONDS", 0.1)
    async with Client(url) as client, asyncio.timeout(20):
        height = await client.blocks.height()
        assert await client.blocks.until(height + 5) >= height + 5
