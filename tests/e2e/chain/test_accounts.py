"""Accounts and transfers through the SDK: in flight, refused, proven, found again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.chain import books, network
from tests.e2e.chain.people import ASY, Person, people
from tests.e2e.conftest import RunningNode

from assay.client import Client, Options, RpcError, TxFailed, TxRefused, WrongChain, faucet, messages
from assay.client.errors import Refused
from assay.client.rpc import b64
from assay.client.sync import Client as BlockingClient
from assay.client.transactions import tx_hash
from assay.crypto.accounts import Account, generate, sign_tx
from assay.proto.tx_pb2 import Message, Tx, TxBody
from assay.state.rules import errors, gas, keys

pytestmark = pytest.mark.e2e

CHAIN_ID = network.CHAIN_ID
NOWHERE = bytes(range(20))


@pytest.fixture
async def alice(client: Client, tmp_path: Path) -> Person:
    return (await people(client, tmp_path, ["alice"]))[0]


# --- in flight ---------------------------------------------------------------


async def test_many_in_flight_from_one_account_arrive_in_order(client: Client, alice: Person) -> None:
    recipient, count = generate().address, 60
    pending = await asyncio.gather(
        *(
            client.send(alice.account, [messages.transfer(recipient, 1)], Options(memo=str(n)))
            for n in range(count)
        )
    )
    assert sorted(tx.body.sequence for tx in pending) == list(range(count))
    results = await asyncio.gather(*(tx.wait(60) for tx in pending))
    by_sequence = sorted(zip(pending, results, strict=True), key=lambda pair: pair[0].body.sequence)
    places = [(result.height, result.index) for _, result in by_sequence]
    assert places == sorted(places)
    assert (
        len({height for height, _ in places}) < count
    )  # several to a block: nobody waited for the one before
    await client.blocks.until(places[-1][0] + 1)
    found = await client.query.account(recipient)
    assert (found.value.balance, found.verified) == (count, True)
    await books.check_person(client, alice, -count)


def test_the_blocking_client_does_the_same(shared: RunningNode) -> None:
    with BlockingClient(shared.rpc_url, CHAIN_ID) as blocking:
        sender = generate()
        poured = blocking.send(faucet.account(), [messages.transfer(sender.address, ASY)]).wait()
        blocking.blocks.until(poured.height + 1)
        result = blocking.send(sender, [messages.transfer(NOWHERE, 5)]).wait()
        blocking.blocks.until(result.height + 1)
        assert blocking.query.account(sender.address).value.sequence == 1
        with pytest.raises(TxRefused):
            blocking.send(generate(), [messages.transfer(NOWHERE, 5)])


# --- refused -----------------------------------------------------------------


def signed(
    account: Account, chain_id: str = CHAIN_ID, parts: list[Message] | None = None, **fields: Any
) -> bytes:
    """A signed transaction: one transfer, gas and fee enough, whatever is not said otherwise."""
    body: dict[str, Any] = {"gas_limit": 10_000, "fee": 100, "sequence": 0, **fields}
    body["messages"] = [messages.transfer(NOWHERE, 1)] if parts is None else parts
    return sign_tx(account, chain_id, TxBody(**body).SerializeToString())


async def refusal(client: Client, raw: bytes) -> type[errors.AssayError] | None:
    """What CheckTx says about the bytes; None if it takes them."""
    answer = await client.rpc.call("broadcast_tx_sync", tx=b64(raw))
    return Refused(answer["codespace"], answer["code"], answer["log"]).reason if answer["code"] else None


def _forged(account: Account) -> bytes:
    tx = Tx.FromString(signed(account))
    tx.signature = bytes([tx.signature[0] ^ 1]) + tx.signature[1:]
    return tx.SerializeToString()


def _of_another_key(account: Account) -> bytes:
    tx = Tx.FromString(signed(account))
    tx.public_key = generate().public_key
    return tx.SerializeToString()


def _reordered(account: Account) -> bytes:
    """The same fields in another order: the same transaction to a lenient parser."""
    tx = Tx.FromString(signed(account))
    last = Tx(signature=tx.signature)
    return (
        Tx(body=tx.body).SerializeToString()
        + last.SerializeToString()
        + Tx(public_key=tx.public_key).SerializeToString()
    )


def transfers(*amounts: int) -> list[Message]:
    return [messages.transfer(NOWHERE, amount) for amount in amounts]


REFUSED: dict[str, tuple[Callable[[Account], bytes], type[errors.AssayError]]] = {
    "forged signature": (_forged, errors.BadSignature),
    "signed for another chain": (lambda who: signed(who, "assay-other"), errors.BadSignature),
    "a sequence too far ahead": (lambda who: signed(who, sequence=1), errors.WrongSequence),
    "somebody without money": (_of_another_key, errors.CannotPayFee),
    "a fee below the least": (lambda who: signed(who, fee=99), errors.FeeTooLow),
    "too little gas": (lambda who: signed(who, gas_limit=100), errors.OutOfGas),
    "past its timeout": (lambda who: signed(who, timeout_height=1), errors.TimedOut),
    "no message": (lambda who: signed(who, parts=[]), errors.TooManyMessages),
    "a long memo": (lambda who: signed(who, memo="m" * 257), errors.MemoTooLong),
    "an amount of zero": (lambda who: signed(who, parts=transfers(0)), errors.BadAmount),
    "to a round's escrow": (
        lambda who: signed(who, parts=[messages.transfer(keys.escrow(1), 1)]),
        errors.BadAddress,
    ),
    "more than there is": (lambda who: signed(who, parts=transfers(10**15)), errors.CannotPayFee),
    "trailing bytes": (lambda who: signed(who) + b"\0", errors.TxMalformed),
    "fields in another order": (_reordered, errors.TxMalformed),
    "empty": (lambda _: b"", errors.TxMalformed),
    "injected extensions": (lambda _: bytes([0x30, 1]), errors.NotInMempool),
    "a committee message nobody awaits": (lambda _: bytes([0x22, 2, 8, 1]), errors.NotAwaited),
    "no committee message": (lambda _: bytes([0x22, 0xFF]), errors.CommitteeMalformed),
    "too large": (lambda who: signed(who, memo="m" * 1_500_000), errors.TxTooLarge),
}


async def test_every_reason_to_refuse_has_its_code_and_costs_nothing(client: Client, alice: Person) -> None:
    found = {name: await refusal(client, make(alice.account)) for name, (make, _) in REFUSED.items()}
    assert found == {name: code for name, (_, code) in REFUSED.items()}
    after = (await client.query.latest_account(alice.address)).value
    assert (after.sequence, after.balance) == (0, alice.begin)


async def test_a_transaction_counts_once(client: Client, alice: Person) -> None:
    raw = signed(alice.account)
    assert await refusal(client, raw) is None
    await client.waiter.wait(tx_hash(raw), 30)
    with pytest.raises(RpcError, match="already exists in cache"):  # CometBFT remembers the very bytes
        await refusal(client, raw)
    # The same transfer with the same sequence, in other bytes that no cache can know.
    assert await refusal(client, signed(alice.account, memo="again")) is errors.WrongSequence
    assert (await client.query.latest_account(alice.address)).value.sequence == 1


async def test_a_client_of_another_chain_refuses_the_node(shared: RunningNode) -> None:
    async with Client(shared.rpc_url, "assay-other") as other:
        with pytest.raises(WrongChain, match="assay-e2e"):
            await other.send(generate(), transfers(1), Options(gas_limit=1000))


async def test_messages_are_done_all_or_none(client: Client, alice: Person) -> None:
    """The mempool cannot foresee that the second message fails; the block takes fee and sequence only."""
    recipient = generate().address
    parts = [messages.transfer(recipient, 7), messages.cancel_round(10**6)]
    options = Options(gas_limit=10_000)
    with pytest.raises(TxRefused) as foreseen:
        await client.send(alice.account, parts)
    assert foreseen.value.reason is errors.RoundNotFound
    with pytest.raises(TxFailed) as failed:
        await (await client.send(alice.account, parts, options)).wait()
    assert failed.value.reason is errors.RoundNotFound
    await client.blocks.until(failed.value.height + 1)
    assert (await client.query.account(recipient)).value.balance == 0
    after = (await client.query.account(alice.address)).value
    assert (after.sequence, after.balance) == (1, alice.begin - gas.least_fee(10_000, 10))


async def test_the_limits_admit_the_largest_transaction_and_no_larger_one(
    client: Client, alice: Person
) -> None:
    assert await refusal(client, signed(alice.account, memo="m" * 1_400_000)) is errors.MemoTooLong
    assert await refusal(client, signed(alice.account, memo="m" * 4_190_000)) is errors.TxTooLarge
    with pytest.raises(RpcError, match="Tx too large"):  # CometBFT's own bound
        await refusal(client, bytes(4_194_305))
