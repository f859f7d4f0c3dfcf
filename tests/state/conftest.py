"""Fixtures for the state machine: a store in memory, accounts, and contexts over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assay.crypto import accounts
from assay.crypto.accounts import Account
from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import Message, MsgTransfer, TxBody
from assay.state import counters, ledger
from assay.state.ante import gas_needed
from assay.state.context import Context
from assay.state.envelope import AccountTx, decode
from assay.state.overlay import Overlay
from assay.state.rules import gas, keys
from assay.state.rules.params import default_params

CHAIN_ID = "assay-test"


class MemoryState:
    """A reader over dictionaries, for rules that only need one."""

    def __init__(self) -> None:
        self.records: dict[bytes, bytes] = {}
        self.bulk: dict[tuple[bytes, bytes], bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.records.get(key)

    def iterate(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        found = (item for item in self.records.items() if item[0].startswith(prefix) and item[0] >= start)
        yield from sorted(found)

    def get_bulk(self, scope: bytes, digest: bytes) -> bytes | None:
        return self.bulk.get((scope, digest))

    def apply(self, overlay: Overlay) -> None:
        """Take over an overlay's writes, as a commit does."""
        for key, value in overlay.changes.items():
            if value is None:
                self.records.pop(key, None)
            else:
                self.records[key] = value
        for scope in overlay.bulk_drops:
            for place in [place for place in self.bulk if place[0] == scope]:
                del self.bulk[place]
        self.bulk.update(overlay.bulk_puts)
        overlay.clear()


def account(number: int) -> Account:
    return accounts.from_seed(number.to_bytes(32, "big"))


@pytest.fixture
def memory() -> MemoryState:
    return MemoryState()


@pytest.fixture
def params() -> Params:
    return default_params(development=True)


@pytest.fixture
def ctx(memory: MemoryState, params: Params) -> Context:
    """A context at height 10 over an empty chain that has parameters and counters."""
    view = Overlay(memory)
    view.save(keys.PARAMS, params)
    view.save(keys.COUNTERS, counters.first())
    return Context(CHAIN_ID, 10, params, view)


@pytest.fixture
def people() -> list[Account]:
    """Five accounts."""
    return [account(number) for number in range(1, 6)]


@pytest.fixture
def funded(ctx: Context, people: list[Account]) -> list[Account]:
    """Five accounts that hold 10 ASY each."""
    for person in people:
        ledger.mint(ctx, person.address, 10_000_000)
    return people


def transfer(recipient: bytes, amount: int) -> Message:
    return Message(transfer=MsgTransfer(recipient=recipient, amount=amount))


MakeTx = Callable[..., AccountTx]


@pytest.fixture
def make_tx(params: Params) -> MakeTx:
    """Return a function that signs messages into a decoded transaction with just enough gas and fee."""

    def make(
        sender: Account, sequence: int, *messages: Message, chain_id: str = CHAIN_ID, **fields: object
    ) -> AccountTx:
        body = TxBody(messages=messages, sequence=sequence, gas_limit=10**7, fee=10**5)
        raw = accounts.sign_tx(sender, chain_id, body.SerializeToString())
        needed = gas_needed(decode_account(raw), params) + 20
        body.gas_limit, body.fee = needed, gas.least_fee(needed, params.gas_price)
        for name, value in fields.items():
            setattr(body, name, value)
        return decode_account(accounts.sign_tx(sender, chain_id, body.SerializeToString()))

    return make


def decode_account(raw: bytes) -> AccountTx:
    entry = decode(raw, CHAIN_ID, 1 << 22)
    assert isinstance(entry, AccountTx)
    return entry


@pytest.fixture
def vectors() -> Path:
    """The directory of test vectors."""
    return Path(__file__).parents[1] / "vectors"
