"""What goes into a block, and what every honest proposer's block satisfies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from assay.proto.state_pb2 import Params
from assay.state.envelope import EXTENSIONS_BYTE, AccountTx, CommitteeMessage, Entry
from assay.state.rules.errors import AssayError


def wire_size(length: int) -> int:
    """Return the bytes an entry of that length takes in CometBFT's Data message."""
    return length + 1 + -(-max(1, length.bit_length()) // 7)


def is_protected(entry: Entry) -> bool:
    """Tell whether an entry has a claim to half of the block: reveals and committee messages."""
    return isinstance(entry, CommitteeMessage) or any(kind == "reveal" for kind, _ in entry.messages)


@dataclass
class _Room:
    """What is still free in a block under construction."""

    total: int
    filler: int
    gas: int
    committee: int
    blocked: set[bytes] = field(default_factory=set)

    def take(self, entry: Entry, size: int) -> bool:
        """Take room for an entry, or block its sender's later ones."""
        if isinstance(entry, CommitteeMessage):
            return self._take_committee(entry, size)
        filler = 0 if is_protected(entry) else size
        fits = size <= self.total and filler <= self.filler and entry.body.gas_limit <= self.gas
        if not fits or entry.sender in self.blocked:
            # Sequences must not have gaps: what follows from this sender waits, too.
            self.blocked.add(entry.sender)
            return False
        self.total -= size
        self.filler -= filler
        self.gas -= entry.body.gas_limit
        return True

    def _take_committee(self, entry: CommitteeMessage, size: int) -> bool:
        if size > self.total or entry.size > self.committee:
            return False
        self.total -= size
        self.committee -= entry.size
        return True


def choose(
    waiting: Sequence[tuple[bytes, Entry]], extensions: bytes, max_bytes: int, params: Params
) -> list[bytes]:
    """Choose a block's entries from the mempool.

    First in, first out, except that half of the block is kept for reveals and
    committee messages as long as such are waiting, so that paid filler cannot
    crowd a rival's reveal out of its window.

    Parameters
    ----------
    waiting
        The mempool in order, decoded.
    extensions
        Encoded CommitExtensions to put first, or empty.
    max_bytes
        CometBFT's bound on the block's entries.
    """
    total = min(max_bytes, params.max_block_bytes)
    if extensions:
        total -= wire_size(len(extensions))
    protected = sum(wire_size(len(raw)) for raw, entry in waiting if is_protected(entry))
    room = _Room(
        total, total - min(protected, total // 2), params.max_block_gas, params.committee_block_bytes
    )
    chosen = [raw for raw, entry in waiting if room.take(entry, wire_size(len(raw)))]
    return [extensions, *chosen] if extensions else chosen


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
