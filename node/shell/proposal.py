"""What goes into a block, and what every honest proposer's block satisfies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from assay.proto.state_pb2 import (
    CONTRIBUTION_STATUS_COMMITTED,
    ROUND_STATUS_REVEAL,
    Contribution,
    Params,
    Round,
)
from assay.proto.tx_pb2 import MsgReveal
from assay.state import ante
from assay.state.envelope import EXTENSIONS_BYTE, AccountTx, CommitteeMessage, Entry
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.errors import AssayError

_GAS_SLACK: Final = 2
"""How many times the gas it needs a due reveal may ask for."""


def wire_size(length: int) -> int:
    """Return the bytes an entry of that length takes in CometBFT's Data message."""
    return length + 1 + -(-max(1, length.bit_length()) // 7)


def is_due(view: Overlay, tx: AccountTx, params: Params) -> bool:
    """Tell whether a transaction is one reveal that state awaits now, and nothing else.

    Only then has it a claim to half of the block. Were a reveal beside other messages enough, or a second
    one of the same commitment, or one that asks for any amount of gas, paid filler could claim that half too.
    """
    if len(tx.messages) != 1 or tx.messages[0][0] != "reveal":
        return False
    message = cast(MsgReveal, tx.messages[0][1])
    record = view.load(Round, keys.round_(message.round_id))
    item = view.load(Contribution, keys.contribution(message.round_id, tx.sender))
    awaited = (
        record is not None
        and item is not None
        and record.status == ROUND_STATUS_REVEAL
        and item.status == CONTRIBUTION_STATUS_COMMITTED
    )
    return awaited and tx.body.gas_limit <= _GAS_SLACK * ante.gas_needed(tx, params)


@dataclass
class _Room:
    """What is still free in a block under construction."""

    size: int
    gas: int
    filler_size: int
    filler_gas: int
    committee: int
    blocked: set[bytes] = field(default_factory=set)

    def take(self, entry: Entry, size: int, claimed: bool) -> bool:
        """Take room for an entry, or block its sender's later ones."""
        if isinstance(entry, CommitteeMessage):
            return self._take_committee(entry, size)
        gas = entry.body.gas_limit
        filler_size, filler_gas = (0, 0) if claimed else (size, gas)
        fits = size <= self.size and gas <= self.gas
        fits = fits and filler_size <= self.filler_size and filler_gas <= self.filler_gas
        if not fits or entry.sender in self.blocked:
            # Sequences must not have gaps: what follows from this sender waits, too.
            self.blocked.add(entry.sender)
            return False
        self.size -= size
        self.gas -= gas
        self.filler_size -= filler_size
        self.filler_gas -= filler_gas
        return True

    def _take_committee(self, entry: CommitteeMessage, size: int) -> bool:
        if size > self.size or entry.size > self.committee:
            return False
        self.size -= size
        self.committee -= entry.size
        return True


def choose(
    waiting: Sequence[tuple[bytes, Entry]],
    extensions: bytes,
    max_bytes: int,
    params: Params,
    due: Callable[[AccountTx], bool],
) -> list[bytes]:
    """Choose a block's entries from the mempool.

    First in, first out, except that half of the block's bytes and gas is kept for due reveals and committee
    messages as long as such are waiting, so that paid filler cannot crowd a rival's reveal out of its window.

    Parameters
    ----------
    waiting
        The mempool in order, decoded.
    extensions
        Encoded CommitExtensions to put first, or empty. Left out if there is no room for it.
    max_bytes
        CometBFT's bound on the block's entries.
    due
        Whether state awaits a transaction now; see `is_due`.
    """
    total = min(max_bytes, params.max_block_bytes)
    if extensions and wire_size(len(extensions)) > total:
        extensions = b""
    if extensions:
        total -= wire_size(len(extensions))
    claims = _claims(waiting, due)
    room = _room(total, params, [item for item, claimed in zip(waiting, claims, strict=True) if claimed])
    chosen = [
        raw
        for (raw, entry), claimed in zip(waiting, claims, strict=True)
        if room.take(entry, wire_size(len(raw)), claimed)
    ]
    return [extensions, *chosen] if extensions else chosen


def _claims(waiting: Sequence[tuple[bytes, Entry]], due: Callable[[AccountTx], bool]) -> list[bool]:
    """Return which entries have a claim: committee messages, and one due reveal a commitment."""
    claimed: set[tuple[bytes, int]] = set()
    claims = []
    for _, entry in waiting:
        if isinstance(entry, CommitteeMessage):
            claims.append(True)
            continue
        claims.append(due(entry))
        if claims[-1]:
            place = (entry.sender, cast(MsgReveal, entry.messages[0][1]).round_id)
            claims[-1] = place not in claimed
            claimed.add(place)
    return claims


def _room(total: int, params: Params, claimed: Sequence[tuple[bytes, Entry]]) -> _Room:
    """Return the room of a block of which filler may have what is not kept for claims."""
    size = sum(wire_size(len(raw)) for raw, _ in claimed)
    gas = sum(entry.body.gas_limit for _, entry in claimed if isinstance(entry, AccountTx))
    return _Room(
        size=total,
        gas=params.max_block_gas,
        filler_size=total - min(size, total // 2),
        filler_gas=params.max_block_gas - min(gas, params.max_block_gas // 2),
        committee=params.committee_block_bytes,
    )


def fault(raws: Sequence[bytes], entries: Sequence[Entry | AssayError], params: Params) -> str:
    """Return what no honest proposer would have put into a block, or an empty string.

    Parameters
    ----------
    raws
        All entries, the injected extensions included.
    entries
        The decoded entries after the extensions.
    """
    if sum(wire_size(len(raw)) for raw in raws) > params.max_block_bytes:
        return f"the block has more than {params.max_block_bytes} bytes of entries"
    for entry in entries:
        if isinstance(entry, AssayError):
            return f"an entry cannot be decoded: {entry}"
    gas = sum(entry.body.gas_limit for entry in entries if isinstance(entry, AccountTx))
    if gas > params.max_block_gas:
        return f"the block asks for {gas} gas, at most {params.max_block_gas} are admitted"
    committee = sum(entry.size for entry in entries if isinstance(entry, CommitteeMessage))
    if committee > params.committee_block_bytes:
        return f"the block has {committee} bytes of committee messages"
    return ""


def split_extensions(raws: Sequence[bytes]) -> tuple[bytes, Sequence[bytes]]:
    """Split a block's entries into the injected extensions, if any, and the rest."""
    if raws and raws[0][:1] == bytes((EXTENSIONS_BYTE,)):
        return raws[0], raws[1:]
    return b"", raws
