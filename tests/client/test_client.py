"""The client against the real state machine: sending, waiting, proving."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from tests.client.devnode import ALICE, BALANCE, BOB, CAROL, CHAIN_ID, DevNode, Refusal

from assay.client import (
    Client,
    NodeUnreachable,
    NoSuchRecord,
    Options,
    ProofInvalid,
    QueryRefused,
    RpcError,
    TxFailed,
    TxNotSeen,
    TxRefused,
    WrongChain,
    messages,
)
from assay.client.errors import BadResponse
from assay.client.transactions import tx_hash
from assay.crypto.accounts import generate, sign_tx
from assay.proto.tx_pb2 import TxBody
from assay.state.rules import errors


async def test_a_transfer_arrives_and_is_proven(url: str) -> None:
    async with Client(url, CHAIN_ID) as client:
        pending = await client.send(ALICE, [messages.transfer(BOB.address_text, 5)])
        result = await pending.wait()
        assert result.hash == pending.hash
        assert [event.kind for event in result.events] == ["transfer", "tx"]
        await client.blocks.until(result.height + 1)
        found = await client.query.account(BOB.address)
        assert (found.value.balance, found.verified) == (BALANCE + 5, True)
        assert found.height >= result.height
        payer = (await client.query.account(ALICE.address_text)).value
        assert payer.balance == BALANCE - 5 - pending.body.fee
        assert payer.sequence == 1


async def test_gas_is_simulated_and_the_fee_is_the_least(url: str) -> None:
    async with Client(url) as client:
        body = await client.build(ALICE.public_key, [messages.transfer(BOB.address, 5)])
        result = await (await client.send_body(ALICE, body)).wait()
        assert result.gas_used <= result.gas_wanted == body.gas_limit <= result.gas_used + 32
        assert body.fee == -(-body.gas_limit * 10 // 1000)


async def test_gas_fee_timeout_and_memo_can_be_chosen(url: str) -> None:
    options = Options(gas_limit=5000, fee=77, timeout_height=10**6, memo="rent")
    async with Client(url) as client:
        body = await client.build(ALICE.public_key, [messages.transfer(BOB.address, 5)], options)
        assert (body.gas_limit, body.fee, body.timeout_height, body.memo) == (5000, 77, 10**6, "rent")
        await (await client.send_body(ALICE, body)).wait()


async def test_many_of_one_account_are_in_flight_at_once(url: str, node: DevNode) -> None:
    node.hold_blocks = True
    async with Client(url) as client:
        body = await client.build(ALICE.public_key, [messages.transfer(BOB.address, 1)])
        pending = await asyncio.gather(*(client.send_body(ALICE, body) for _ in range(40)))
        assert sorted(item.body.sequence for item in pending) == list(range(40))
        node.hold_blocks = False
        results = await asyncio.gather(*(item.wait() for item in pending))
        assert len({result.hash for result in results}) == 40
        await client.blocks.until(max(result.height for result in results) + 1)
        assert (await client.query.account(BOB.address)).value.balance == BALANCE + 40


async def test_several_accounts_send_through_one_client(url: str) -> None:
    async with Client(url) as client:
        sends = [client.send(who, [messages.transfer(BOB.address, 1)]) for who in (ALICE, CAROL) * 3]
        results = await asyncio.gather(*(item.wait() for item in await asyncio.gather(*sends)))
        assert len(results) == 6


async def test_two_clients_of_one_account_take_turns(url: str) -> None:
    async with Client(url) as one, Client(url) as other:
        for _ in range(3):
            for client in (one, other):
                await (await client.send(ALICE, [messages.transfer(BOB.address, 1)])).wait()
        assert (await one.query.latest_account(ALICE.address)).value.sequence == 6


async def test_a_new_client_knows_the_sequence_right_after_a_block(url: str) -> None:
    for _ in range(3):
        async with Client(url) as client:
            await (await client.send(ALICE, [messages.transfer(BOB.address, 1)])).wait()


async def test_what_would_fail_is_refused_before_it_costs_anything(url: str) -> None:
    async with Client(url) as client:
        with pytest.raises(TxRefused) as caught:
            await client.send(ALICE, [messages.transfer(BOB.address, 2 * BALANCE)])
        assert (caught.value.codespace, caught.value.code) == ("bank", 1)
        assert caught.value.reason is errors.InsufficientFunds
        assert (await client.query.account(ALICE.address)).value.sequence == 0


async def test_check_tx_s_refusal_has_its_code(url: str) -> None:
    async with Client(url) as client:
        with pytest.raises(TxRefused) as caught:
            await client.send(ALICE, [messages.transfer(BOB.address, 1)], Options(fee=0))
        assert caught.value.reason is errors.FeeTooLow
        result = await (await client.send(ALICE, [messages.transfer(BOB.address, 1)])).wait()
        assert result.height > 0  # the refused one did not use up the sequence


async def test_a_transaction_that_fails_in_its_block_says_why(url: str) -> None:
    # Only the first message is judged on the way into the mempool.
    parts = [messages.transfer(BOB.address, 5), messages.cancel_round(7)]
    async with Client(url) as client:
        with pytest.raises(TxRefused, match="no round 7"):
            await client.send(ALICE, parts)  # the simulation sees it coming
        pending = await client.send(ALICE, parts, Options(gas_limit=9000))
        with pytest.raises(TxFailed, match="no round 7") as caught:
            await pending.wait()
        assert caught.value.reason is errors.RoundNotFound
        assert caught.value.height > 0
        assert caught.value.hash == pending.hash
        assert (await client.query.latest_account(ALICE.address)).value.sequence == 1


async def test_a_transaction_nobody_sent_is_not_seen(url: str) -> None:
    async with Client(url) as client:
        with pytest.raises(TxNotSeen, match="may still come"):
            await client.waiter.wait(bytes(32), 0.2)
        assert await client.waiter.lookup(bytes(32)) is None


async def test_waiting_goes_on_when_the_websocket_is_lost(url: str, node: DevNode) -> None:
    async with Client(url) as client:
        node.hold_blocks = True
        pending = [await client.send(ALICE, [messages.transfer(BOB.address, 1)]) for _ in range(6)]
        waiting = [asyncio.create_task(item.wait(20)) for item in pending]
        await asyncio.to_thread(node.subscribed.wait, 20)
        for socket in list(node.sockets):
            asyncio.run_coroutine_threadsafe(socket.close(), socket._loop)  # type: ignore[attr-defined]
        node.hold_blocks = False
        assert len(await asyncio.gather(*waiting)) == 6


async def test_waiting_works_without_a_subscription_to_spare(url: str, node: DevNode) -> None:
    node.max_subscriptions = 1
    async with Client(url) as client:
        pending = [await client.send(ALICE, [messages.transfer(BOB.address, 1)]) for _ in range(8)]
        assert len(await asyncio.gather(*(item.wait(20) for item in pending))) == 8


async def test_a_node_without_websocket_is_asked_again_and_again(url: str, node: DevNode) -> None:
    node.max_subscriptions = 0
    async with Client(url) as client:
        pending = await client.send(ALICE, [messages.transfer(BOB.address, 1)])
        await pending.wait(20)


async def test_a_node_without_index_is_listened_to(
    url: str, node: DevNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disabled(**_: Any) -> Any:
        raise Refusal("transaction indexing is disabled")

    monkeypatch.setattr(node, "rpc_tx", disabled)
    async with Client(url) as client:
        node.hold_blocks = True
        pending = await client.send(ALICE, [messages.transfer(BOB.address, 1)])
        waiting = asyncio.create_task(pending.wait(20))
        while not any(node.sockets.values()):
            await asyncio.sleep(0.01)
        node.hold_blocks = False
        assert (await waiting).height > 2
        with pytest.raises(RpcError, match="indexing is disabled"):
            await client.waiter.lookup(pending.hash)
        node.max_subscriptions = 0
        pending = await client.send(ALICE, [messages.transfer(BOB.address, 1)])
        with pytest.raises(TxNotSeen, match=r"cannot say .* indexing is disabled .* ask another node"):
            await pending.wait(20)


async def test_batches_have_a_hundred_calls(url: str, node: DevNode) -> None:
    def signed(sequence: int) -> bytes:
        transfer = messages.transfer(BOB.address, 1)
        body = TxBody(messages=[transfer], sequence=sequence, gas_limit=1000, fee=10)
        return sign_tx(ALICE, CHAIN_ID, body.SerializeToString())

    raws = [signed(sequence) for sequence in range(250)]
    async with Client(url) as client:
        assert await client.broadcast(raws) == [None] * 250
        assert node.batches == [100, 100, 50]
        result = await client.waiter.wait(tx_hash(raws[-1]), 20)
        await client.blocks.until(result.height + 1)
        assert (await client.query.account(ALICE.address)).value.sequence == 250


async def test_a_lost_answer_does_not_send_twice(
    url: str, node: DevNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.hold_blocks = True
    async with Client(url) as client:
        body = await client.build(ALICE.public_key, [messages.transfer(BOB.address, 1)])
        real, lost = client.rpc.call, [True]

        async def call(method: str, **params: Any) -> Any:
            answer = await real(method, **params)
            if method == "broadcast_tx_sync" and lost and lost.pop():
                raise NodeUnreachable("the connection broke")
            return answer

        monkeypatch.setattr(client.rpc, "call", call)
        with pytest.raises(NodeUnreachable):
            await client.send_body(ALICE, body)
        again = await client.send_body(ALICE, body)  # the same bytes: the node has them already
        assert len(node.mempool) == 1
        node.hold_blocks = False
        await again.wait()


# --- whom to talk to ---------------------------------------------------------


async def test_a_node_of_another_chain_is_refused(url: str) -> None:
    async with Client(url, "other-1") as client:
        with pytest.raises(WrongChain, match=CHAIN_ID):
            await client.send(ALICE, [messages.transfer(BOB.address, 1)])


async def test_an_address_where_nobody_answers_is_named() -> None:
    async with Client("127.0.0.1:1") as client:
        with pytest.raises(NodeUnreachable, match="is it running"):
            await client.chain_id()


@pytest.mark.parametrize("address", ["", "ftp://host", "http://"])
def test_what_is_no_address_of_a_node_is_refused(address: str) -> None:
    with pytest.raises(NodeUnreachable, match="not a node's address"):
        Client(address)


# --- proofs ------------------------------------------------------------------


async def test_absence_is_proven(url: str) -> None:
    async with Client(url) as client:
        found = await client.query.account(generate().address)
        assert (found.value.balance, found.verified) == (0, True)
        with pytest.raises(NoSuchRecord, match=r"no round 9 at height \d+ \(proven\)") as caught:
            await client.query.round(9)
        assert caught.value.verified


async def test_without_verification_an_answer_says_so(url: str, node: DevNode) -> None:
    async with Client(url, verify=False) as client:
        found = await client.query.account(ALICE.address)
        assert (found.value.balance, found.verified) == (BALANCE, False)
        with pytest.raises(NoSuchRecord, match="the node says so"):
            await client.query.round(9)
        assert "header" not in node.calls


def _value(change: bytes) -> Any:
    def spoil(response: dict[str, Any]) -> None:
        response["value"] = base64.b64encode(change).decode()

    return spoil


def _no_proof(response: dict[str, Any]) -> None:
    response.pop("proofOps", None)


def _two_proofs(response: dict[str, Any]) -> None:
    if "proofOps" in response:
        response["proofOps"]["ops"] *= 2


def _broken_proof(response: dict[str, Any]) -> None:
    if "proofOps" in response:
        response["proofOps"]["ops"][0]["data"] = "AAAA"


def _other_height(response: dict[str, Any]) -> None:
    response["height"] = "1"


@pytest.mark.parametrize(
    "spoil",
    [_value(b"\x10\xff\x01"), _value(b""), _no_proof, _two_proofs, _broken_proof],
    ids=["another value", "no value", "no proof", "two proofs", "a broken proof"],
)
async def test_a_node_that_lies_is_found_out(url: str, node: DevNode, spoil: Any) -> None:
    def lie(method: str, result: dict[str, Any]) -> dict[str, Any]:
        if method == "abci_query":
            spoil(result["response"])
        return result

    async with Client(url) as client:
        await client.query.account(ALICE.address)
        node.spoil = lie
        with pytest.raises(ProofInvalid):
            await client.query.account(ALICE.address)


async def test_a_header_with_another_app_hash_is_found_out(url: str, node: DevNode) -> None:
    def lie(method: str, result: dict[str, Any]) -> dict[str, Any]:
        if method == "header":
            return {"header": {**result["header"], "app_hash": "00" * 32}}
        return result

    node.spoil = lie
    async with Client(url) as client:
        with pytest.raises(ProofInvalid, match="Do not trust this node"):
            await client.query.account(ALICE.address)


async def test_a_header_of_another_height_is_found_out(url: str, node: DevNode) -> None:
    def lie(method: str, result: dict[str, Any]) -> dict[str, Any]:
        return {"header": {**result["header"], "height": "1"}} if method == "header" else result

    node.spoil = lie
    async with Client(url) as client:
        with pytest.raises(BadResponse, match="no header of height"):
            await client.query.account(ALICE.address)


async def test_an_answer_at_another_height_than_asked_is_found_out(url: str, node: DevNode) -> None:
    async with Client(url) as client:
        await client.blocks.until(5)
        height = (await client.query.account(ALICE.address)).height
        await client.blocks.until(height + 3)
        assert (await client.query.account(ALICE.address, height=height)).height == height
        node.spoil = lambda method, result: (
            {"response": {**result["response"], "height": "1"}} if method == "abci_query" else result
        )
        with pytest.raises(ProofInvalid, match="the node proved height 1"):
            await client.query.account(ALICE.address, height=height)


async def test_a_refused_query_has_its_code(url: str) -> None:
    async with Client(url) as client:
        with pytest.raises(QueryRefused) as caught:
            await client.query.account(ALICE.address, height=10**6)
        assert caught.value.reason is errors.HeightNotKept


async def test_the_chain_s_records_can_be_read(url: str) -> None:
    async with Client(url) as client:
        assert (await client.query.params()).value.development
        total = (await client.query.supply()).value.total
        assert 0 < total - 4 * BALANCE < BALANCE  # its validator's stake, and what was minted since
        info = await client.query.chain()
        assert info.chain_id == CHAIN_ID
        assert info.provable_height == info.height - 1
        assert (await client.query.rounds()).value == []


async def test_pages_are_followed_to_the_end(url: str) -> None:
    async with Client(url) as client:
        transfers = [messages.transfer(generate().address, 1) for _ in range(100)]
        for start in (0, 50):
            await (await client.send(ALICE, transfers[start : start + 50])).wait()
        entries = await client.path.entries("/account", 0)
        assert len(entries) >= 104
        assert entries == sorted(entries)
