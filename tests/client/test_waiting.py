"""Waiting for transactions of a node that was away."""

from __future__ import annotations

import asyncio

import pytest
from tests.client.devnode import ALICE, BOB, DevNode, Refusal

from assay.client import Client, Options, TxFailed, TxNotSeen, messages, waiting


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


@pytest.fixture
def silent(node: DevNode, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that confirms subscriptions and tells nobody of anything."""

    async def tell(*_: object) -> None:
        """Say nothing."""

    monkeypatch.setattr(node, "_tell", tell)


@pytest.fixture
def unindexed(node: DevNode, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that was killed before it had written its index of transactions."""

    def refuse(**_: object) -> None:
        raise Refusal("tx not found")

    monkeypatch.setattr(node, "rpc_tx", refuse)


@pytest.mark.usefixtures("silent")
async def test_blocks_that_nobody_tells_of_are_asked_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has a window to keep must not wait for ever."""
    monkeypatch.setattr(waiting, "_RECHECK_SECONDS", 0.1)
    async with Client(url) as client, asyncio.timeout(20):
        height = await client.blocks.height()
        assert await client.blocks.until(height + 5) >= height + 5


@pytest.mark.usefixtures("silent", "unindexed")
async def test_a_transaction_that_only_its_block_knows_is_found(url: str) -> None:
    async with Client(url) as client:
        payment = messages.transfer(BOB.address, 5)
        paid = await client.send(ALICE, [payment])
        failed = await client.send(ALICE, [payment, messages.cancel_round(7)], Options(gas_limit=9000))
        result = await paid.wait(1)
        assert (result.hash, result.gas_used > 0) == (paid.hash, True)
        with pytest.raises(TxFailed, match="no round 7"):
            await failed.wait(1)


@pytest.mark.usefixtures("silent", "unindexed")
async def test_a_transaction_in_no_block_is_not_found_there(url: str) -> None:
    async with Client(url) as client:
        with pytest.raises(TxNotSeen, match="query it later"):
            await client.waiter.wait(bytes(32), 0.5)


@pytest.mark.usefixtures("silent", "unindexed")
async def test_a_node_that_makes_up_blocks_does_not_keep_anybody(
    url: str, node: DevNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = {"header": {"time": "2026-01-01T00:00:00Z"}, "data": {"txs": []}}
    monkeypatch.setattr(node, "rpc_abci_info", lambda: {"response": {"last_block_height": str(10**15)}})
    monkeypatch.setattr(node, "rpc_block", lambda **_: {"block": block})
    monkeypatch.setattr(waiting, "_SEARCH_SECONDS", 0.5)
    async with Client(url) as client, asyncio.timeout(20):
        with pytest.raises(TxNotSeen):
            await client.waiter.wait(bytes(32), 0.5)
    assert node.calls["block"] > 1
