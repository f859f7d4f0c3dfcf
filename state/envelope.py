"""From a stranger's bytes to a transaction that can be judged.

The first byte tells account transactions, committee messages and injected
extensions apart (proto/tx.proto). Decoding depends on the bytes alone, so a
node may keep its result and its signature verdict between CheckTx and the
block.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from google.protobuf.message import Message

from assay.crypto import accounts
from assay.proto.canonical import NotCanonical, parse
from assay.proto.tx_pb2 import CommitExtensions, CommitteeBody, CommitteeTx, Tx, TxBody
from assay.state.rules.errors import (
    BadExtensions,
    CommitteeMalformed,
    NotInMempool,
    TooManyMessages,
    TxMalformed,
    TxTooLarge,
)
from assay.state.rules.params import BOUNDS

ACCOUNT_BYTE: Final = 0x0A
COMMITTEE_BYTE: Final = 0x22
EXTENSIONS_BYTE: Final = 0x30

MAX_MESSAGES: Final = BOUNDS["max_messages"].greatest
"""Messages no chain's parameters can admit more of: empty ones have two bytes, so a transaction could hold
hundreds of thousands, and decoding them would take seconds."""


@dataclass(slots=True)
class AccountTx:
    """A decoded account transaction; its signature may not be checked yet.

    Attributes
    ----------
    size
        Bytes of the whole transaction.
    verified
        The signature's verdict once somebody has worked it out.
    """

    size: int
    body: TxBody
    sender: bytes
    public_key: bytes
    sign_bytes: bytes
    signature: bytes
    messages: list[tuple[str, Message]]
    verified: bool | None = field(default=None)

    def verify(self) -> bool:
        """Return whether the signature is good, computing it at most once."""
        if self.verified is None:
            self.verified = accounts.verify(self.public_key, self.sign_bytes, self.signature)
        return self.verified


@dataclass(slots=True)
class CommitteeMessage:
    """A decoded committee message; who may sign it depends on the state."""

    size: int
    body: CommitteeBody
    sign_bytes: bytes
    signature: bytes


Entry = AccountTx | CommitteeMessage


def decode(raw: bytes, chain_id: str, max_bytes: int) -> Entry:
    """Decode one entry of a block or of the mempool.

    Raises
    ------
    TxTooLarge, TxMalformed, TooManyMessages, CommitteeMalformed, NotInMempool
        If it is not one canonical account transaction or committee message.
    """
    if len(raw) > max_bytes:
        raise TxTooLarge(f"the transaction has {len(raw)} bytes, at most {max_bytes} are admitted")
    first = raw[0] if raw else 0
    if first == ACCOUNT_BYTE:
        return _decode_account(raw, chain_id)
    if first == COMMITTEE_BYTE:
        return _decode_committee(raw, chain_id)
    if first == EXTENSIONS_BYTE:
        raise NotInMempool("vote extensions are put into a block by its proposer, not sent as a transaction")
    raise TxMalformed("the bytes do not begin as a transaction does: expected a serialised assay.v1.Tx")


def _decode_account(raw: bytes, chain_id: str) -> AccountTx:
    try:
        tx = parse(Tx, raw, len(raw))
        body = parse(TxBody, tx.body, len(raw))
    except NotCanonical as error:
        raise TxMalformed(str(error)) from None
    if len(tx.public_key) != accounts.PUBLIC_KEY_BYTES or len(tx.signature) != accounts.SIGNATURE_BYTES:
        raise TxMalformed("a public key has 32 bytes and a signature 64")
    if len(body.messages) > MAX_MESSAGES:
        raise TooManyMessages(f"there are {len(body.messages)} messages, at most {MAX_MESSAGES} are read")
    messages = []
    for message in body.messages:
        kind = message.WhichOneof("kind")
        messages.append((kind or "", getattr(message, kind) if kind else message))
    return AccountTx(
        size=len(raw),
        body=body,
        sender=accounts.address_of(tx.public_key),
        public_key=tx.public_key,
        sign_bytes=accounts.tx_sign_bytes(chain_id, tx.body),
        signature=tx.signature,
        messages=messages,
    )


def _decode_committee(raw: bytes, chain_id: str) -> CommitteeMessage:
    try:
        tx = parse(CommitteeTx, raw, len(raw))
        body = parse(CommitteeBody, tx.body, len(raw))
    except NotCanonical as error:
        raise CommitteeMalformed(str(error)) from None
    return CommitteeMessage(len(raw), body, accounts.committee_sign_bytes(chain_id, tx.body), tx.signature)


def decode_extensions(raw: bytes, max_bytes: int) -> CommitExtensions:
    """Decode the injected extensions; `BadExtensions` if they are not canonical."""
    try:
        return parse(CommitExtensions, raw, max_bytes)
    except NotCanonical as error:
        raise BadExtensions(str(error)) from None
