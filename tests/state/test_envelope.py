"""From bytes to transactions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto import accounts
from assay.proto.tx_pb2 import CommitExtensions, CommitteeBody, CommitteeTx, Message, MsgTransfer, Tx, TxBody
from assay.state.envelope import AccountTx, CommitteeMessage, decode
from assay.state.rules.errors import AssayError, NotInMempool, TxMalformed, TxTooLarge

BODY = TxBody(messages=[Message(transfer=MsgTransfer(recipient=b"r" * 20, amount=1))], sequence=3)
SENDER = accounts.from_seed(b"s" * 32)
RAW = accounts.sign_tx(SENDER, "chain", BODY.SerializeToString())


def test_an_account_transaction_is_decoded_and_its_signature_checked_once() -> None:
    entry = decode(RAW, "chain", 10_000)
    assert isinstance(entry, AccountTx)
    assert (entry.sender, entry.body.sequence, entry.messages[0][0]) == (SENDER.address, 3, "transfer")
    assert entry.verified is None
    assert entry.verify()
    entry.signature = bytes(64)
    assert entry.verify()


def test_a_signature_for_another_chain_does_not_verify() -> None:
    entry = decode(RAW, "other", 10_000)
    assert isinstance(entry, AccountTx)
    assert not entry.verify()


def test_a_committee_message_is_told_apart_by_its_first_byte() -> None:
    raw = accounts.sign_committee_tx(SENDER, "chain", CommitteeBody(version=1, key_id=1).SerializeToString())
    assert isinstance(decode(raw, "chain", 10_000), CommitteeMessage)


def test_size_is_judged_before_anything_else() -> None:
    with pytest.raises(TxTooLarge, match="at most 10 are admitted"):
        decode(b"\xff" * 11, "chain", 10)


def test_injected_extensions_are_no_transaction() -> None:
    with pytest.raises(NotInMempool):
        decode(CommitExtensions(height=5).SerializeToString(), "chain", 10_000)


def _tx(**fields: Any) -> bytes:
    tx = Tx.FromString(RAW)
    for name, value in fields.items():
        setattr(tx, name, value)
    return tx.SerializeToString()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",
        RAW + b"\x50\x01",
        RAW[:-1],
        _tx(public_key=b"k" * 31),
        _tx(signature=b"s" * 65),
        _tx(body=BODY.SerializeToString() + b"\x50\x01"),
        _tx(body=b"\x10\x83\x00"),
        CommitteeTx(body=b"x").SerializeToString(),
    ],
)
def test_other_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(AssayError) as caught:
        decode(raw, "chain", 10_000)
    assert caught.value.code == TxMalformed.code or caught.value.codespace == "committee"


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x0a", b"\x22", b"\x30"]))
def test_arbitrary_bytes_never_do_more_than_be_refused(data: bytes, first: bytes) -> None:
    try:
        entry = decode(first + data, "chain", 10_000)
    except AssayError:
        return
    assert entry.size == len(first + data)
