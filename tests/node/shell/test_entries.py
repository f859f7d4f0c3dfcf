"""The cache of decoded entries can change only the time."""

from __future__ import annotations

import pytest

from assay.crypto import accounts
from assay.node.shell.entries import EntryCache, weight
from assay.proto.tx_pb2 import Message, MsgTransfer, TxBody
from assay.state.envelope import AccountTx
from assay.state.rules.errors import TxMalformed, TxTooLarge

SENDER = accounts.from_seed(b"s" * 32)


def raw(sequence: int) -> bytes:
    message = Message(transfer=MsgTransfer(recipient=b"r" * 20, amount=1))
    return accounts.sign_tx(
        SENDER, "chain", TxBody(messages=[message], sequence=sequence).SerializeToString()
    )


def test_an_entry_is_decoded_once_and_keeps_its_verdict() -> None:
    cache = EntryCache("chain")
    first = cache.decode(raw(1), 1000)
    assert isinstance(first, AccountTx)
    first.verify()
    assert cache.decode(raw(1), 1000) is first
    assert cache.take(raw(1), 1000) is first
    again = cache.take(raw(1), 1000)
    assert isinstance(again, AccountTx)
    assert again is not first
    assert again.verified is None


def test_what_cannot_be_decoded_is_an_error_and_not_kept() -> None:
    cache = EntryCache("chain")
    with pytest.raises(TxMalformed):
        cache.decode(b"x", 1000)
    assert isinstance(cache.take(b"x", 1000), TxMalformed)


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    size = weight(raw(1))
    cache = EntryCache("chain", max_bytes=3 * size)
    kept = [cache.decode(raw(number), 1000) for number in range(1, 5)]
    assert cache.decode(raw(4), 1000) is kept[3]
    assert cache.decode(raw(1), 1000) is not kept[0]


def test_forgetting_makes_room() -> None:
    size = weight(raw(1))
    cache = EntryCache("chain", max_bytes=2 * size)
    first = cache.decode(raw(1), 1000)
    cache.decode(raw(2), 1000)
    cache.forget(raw(2))
    cache.decode(raw(3), 1000)
    assert cache.decode(raw(1), 1000) is first


def test_the_bound_in_force_is_checked_whatever_is_remembered() -> None:
    """The parameter may have become smaller since the entry was decoded."""
    cache, size = EntryCache("chain"), len(raw(1))
    cache.decode(raw(1), size)
    with pytest.raises(TxTooLarge):
        cache.decode(raw(1), size - 1)
    assert isinstance(cache.take(raw(1), size - 1), TxTooLarge)
    assert isinstance(cache.take(raw(1), size), AccountTx)
