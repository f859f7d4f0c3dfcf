"""Signatures are verified in threads, each once, with the verdict that one would get by itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto.accounts import Account, from_seed, sign_tx
from assay.node.signatures import CHUNK, SignatureChecker
from assay.proto.tx_pb2 import Message, MsgTransfer, Tx, TxBody
from assay.state.envelope import AccountTx, decode

CHAIN_ID = "assay-test"


@pytest.fixture(params=[1, 2, 3])
def checker(request: pytest.FixtureRequest) -> Iterator[SignatureChecker]:
    made = SignatureChecker(request.param)
    yield made
    made.close()


def account(number: int) -> Account:
    return from_seed(number.to_bytes(32, "big"))


def transaction(number: int, *, good: bool = True) -> AccountTx:
    body = TxBody(messages=[Message(transfer=MsgTransfer(recipient=bytes(20), amount=1))], sequence=number)
    raw = sign_tx(account(1 + number % 5), CHAIN_ID, body.SerializeToString(deterministic=True))
    if not good:
        spoilt = Tx.FromString(raw)
        spoilt.signature = bytes([spoilt.signature[0] ^ 1]) + spoilt.signature[1:]
        raw = spoilt.SerializeToString(deterministic=True)
    entry = decode(raw, CHAIN_ID, 1 << 16)
    assert isinstance(entry, AccountTx)
    return entry


@pytest.mark.parametrize("count", [0, 1, 2, 3, CHUNK, CHUNK + 1, 5 * CHUNK + 3])
async def test_every_transaction_gets_its_own_verdict(checker: SignatureChecker, count: int) -> None:
    txs = [transaction(number, good=number % 3 > 0) for number in range(count)]
    await checker.verify_all(txs)
    assert [tx.verified for tx in txs] == [number % 3 > 0 for number in range(count)]


@given(st.lists(st.booleans(), max_size=20))
def test_verdicts_do_not_depend_on_neighbours(good: list[bool]) -> None:
    txs = [transaction(number, good=wanted) for number, wanted in enumerate(good)]
    checker = SignatureChecker()
    asyncio.run(checker.verify_all(txs))
    checker.close()
    assert [tx.verified for tx in txs] == good


@dataclass
class Watched:
    """Stands for a transaction and notes who verifies it."""

    verified: bool | None = None
    threads: tuple[str, ...] = ()

    def verify(self) -> bool:
        self.threads += (threading.current_thread().name,)
        self.verified = True
        return True


async def test_verification_leaves_the_event_loop_alone(checker: SignatureChecker) -> None:
    txs = [Watched() for _ in range(3 * CHUNK)]
    await checker.verify_all(txs)  # type: ignore[arg-type]
    assert all(len(tx.threads) == 1 for tx in txs)
    assert threading.current_thread().name not in {tx.threads[0] for tx in txs}


async def test_a_verdict_that_is_there_is_not_worked_out_again(checker: SignatureChecker) -> None:
    txs = [Watched(verified=False), Watched()]
    await checker.verify_all(txs)  # type: ignore[arg-type]
    await checker.verify_all(txs)  # type: ignore[arg-type]
    assert [len(tx.threads) for tx in txs] == [0, 1]
    assert txs[0].verified is False


async def test_batches_at_the_same_time_do_not_mix(checker: SignatureChecker) -> None:
    batches = [[transaction(n, good=n != batch) for n in range(10)] for batch in range(4)]
    await asyncio.gather(*map(checker.verify_all, batches))
    assert [[n for n, tx in enumerate(batch) if not tx.verified] for batch in batches] == [[0], [1], [2], [3]]
