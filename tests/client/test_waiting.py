"""Waiting for transactions of a node that was away."""

from __future__ import annotations

import asyncio

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
