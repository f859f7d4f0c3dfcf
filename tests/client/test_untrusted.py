"""Sending through a node that nobody trusts: it must not come by two payments where one was meant."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest
from tests.client.devnode import ALICE, BALANCE, BOB, CHAIN_ID, DevNode

from assay.client import Client, OutOfDate, TxRefused, messages
from assay.client import client as client_module
from assay.client.rpc import Rpc
from assay.proto.state_pb2 import Account

PAYMENT = [messages.transfer(BOB.address, 5)]


class Believing:
    """Stands for the light client: the test's node has no commits that could be verified."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    async def chain_id(self) -> str:
        return CHAIN_ID

    async def header(self, height: int) -> Any:
        told = (await self._rpc.call("header", height=str(height)))["header"]
        return SimpleNamespace(app_hash=bytes.fromhex(told["app_hash"]))

    latest = header

    async def close(self) -> None:
        """Nothing is kept."""


@pytest.fixture
def careful(url: str, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client that does not trust its node."""
    monkeypatch.setattr(client_module, "_light_client", lambda rpc, *_: Believing(rpc))
    return Client(url, trust=f"1:{'AB' * 32}")


async def test_what_the_node_refuses_and_passes_on_is_paid_once(careful: Client, node: DevNode) -> None:
    def refuse(method: str, result: dict[str, Any]) -> dict[str, Any]:
        wrong = {"code": 4, "codespace": "auth", "log": "the sequence is used"}
        return result | wrong if method == "broadcast_tx_sync" else result

    node.spoil = refuse
    async with careful as client:
        with pytest.raises(TxRefused, match="nothing is signed twice; look at your account's transactions"):
            await client.send(ALICE, PAYMENT)
        node.spoil = None
        await client.blocks.until(await client.blocks.height() + 3)
        assert (await client.query.account(BOB.address)).value.balance == BALANCE + 5


async def test_no_sequence_is_used_that_the_account_has_not_come_to(careful: Client, node: DevNode) -> None:
    ahead = base64.b64encode(Account(balance=BALANCE, sequence=7).SerializeToString()).decode()

    def lie(method: str, result: dict[str, Any]) -> dict[str, Any]:
        """Proofs cannot be made up, and so the node lies about what is asked for without one."""
        response = result.get("response", {})
        if method == "abci_query" and response.get("key") and "proofOps" not in response:
            response["value"] = ahead
        return result

    node.spoil = lie
    async with careful as client:
        assert (await client.send(ALICE, PAYMENT)).body.sequence == 0


async def test_a_sequence_that_cannot_be_proven_yet_is_waited_for(careful: Client, url: str) -> None:
    async with Client(url) as other, careful as client:
        await (await other.send(ALICE, PAYMENT)).wait()
        pending = await client.send(ALICE, PAYMENT)
        assert pending.body.sequence == 1
        await pending.wait()


async def test_the_latest_header_is_judged_as_such(careful: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def old(_height: int) -> Any:
        raise OutOfDate("an old one")

    async with careful as client:
        monkeypatch.setattr(client.light, "latest", old)
        assert (await client.header(2)).verified
        for ask in (client.header, client.query.params, client.query.reader.provable_height):
            with pytest.raises(OutOfDate):
                await ask()
