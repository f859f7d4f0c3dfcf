"""How a snapshot is written as bytes. Integers are big endian.

::

    manifest  "ASYS" | u8 version = 1 | u64 height | root (32) | u32 record chunks | SHA-256 of every chunk
    chunk     u32 count | count items | the end of the records' last path, in a chunk of records
    item      u8 length | key | u32 length | value      in a chunk of records
              u32 length | bytes                        in a chunk of bytes beside the tree
    end       u16 depth | sibling (32) for every step of the path at which the leaf lies on the left

Chunks of records come first, in the order of the keys' hashes. Bytes beside the tree follow in the order of
scope length, scope and digest; which ones they are follows from the records. A chunk takes items
until the next one would make them larger than `CHUNK_BYTES` together; a larger item has a chunk to itself.

Everything is of one form only. What is longer than it may be is refused before it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from assay.state.rules.ics23 import HASH_BYTES, MAX_DEPTH, MAX_KEY_BYTES, MAX_VALUE_BYTES
from assay.state.snapshots.errors import BadChunk, BadSnapshot

FORMAT: Final = 1
CHUNK_BYTES: Final = 1 << 19
"""What a chunk is filled up to."""
MAX_CHUNK_BYTES: Final = 4 << 20
"""The longest chunk: bytes beside the tree came in a transaction, and none is longer than this."""
MAX_CHUNKS: Final = 100_000
"""What CometBFT accepts by default; a manifest of so many chunks still fits into its message."""

_MAGIC: Final = b"ASYS"
_HEADER: Final = len(_MAGIC) + 1 + 8 + HASH_BYTES + 4
MAX_MANIFEST_BYTES: Final = _HEADER + HASH_BYTES * MAX_CHUNKS

Record = tuple[bytes, bytes]
"""Key and value."""


@dataclass(frozen=True)
class Manifest:
    """What a snapshot consists of.

    Attributes
    ----------
    height
        Of the block after which the state was this.
    root
        The state's root hash, 32 bytes.
    record_chunks
        How many chunks hold records: the first ones.
    digests
        SHA-256 of every chunk.
    """

    height: int
    root: bytes
    record_chunks: int
    digests: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Return the manifest's bytes."""
        numbers = self.height.to_bytes(8, "big") + self.root + self.record_chunks.to_bytes(4, "big")
        return _MAGIC + bytes((FORMAT,)) + numbers + b"".join(self.digests)

    @property
    def hash(self) -> bytes:
        """By this name the snapshot is offered."""
        return sha256(self.encode()).digest()


def decode_manifest(data: bytes) -> Manifest:
    """Read untrusted bytes as a manifest.

    Raises
    ------
    BadSnapshot
        If they are not one.
    """
    if not _HEADER < len(data) <= MAX_MANIFEST_BYTES or (len(data) - _HEADER) % HASH_BYTES:
        raise BadSnapshot(f"a manifest cannot have {len(data)} bytes")
    if data[:5] != _MAGIC + bytes((FORMAT,)):
        raise BadSnapshot(f"the manifest does not begin as one of format {FORMAT}")
    digests = tuple(data[at : at + HASH_BYTES] for at in range(_HEADER, len(data), HASH_BYTES))
    record_chunks = int.from_bytes(data[_HEADER - 4 : _HEADER], "big")
    if not 0 < record_chunks <= len(digests):
        raise BadSnapshot(f"{record_chunks} of {len(digests)} chunks cannot hold the records")
    return Manifest(int.from_bytes(data[5:13], "big"), data[13:45], record_chunks, digests)


@dataclass(frozen=True)
class RecordChunk:
    """Neighbouring records, and what lies to the right of the last one.

    Attributes
    ----------
    records
        In the order of their keys' hashes; at least one.
    depth
        Length of the last record's path, 0 to 256.
    siblings
        Hashes beside that path on its right, from the root down.
    """

    records: Sequence[Record]
    depth: int
    siblings: Sequence[bytes]

    def encode(self) -> bytes:
        """Return the chunk's bytes."""
        parts = [len(self.records).to_bytes(4, "big")]
        for key, value in self.records:
            parts += [bytes((len(key),)), key, len(value).to_bytes(4, "big"), value]
        return b"".join([*parts, self.depth.to_bytes(2, "big"), *self.siblings])


def record_size(record: Record) -> int:
    """Return how many bytes a record takes in a chunk."""
    return 5 + len(record[0]) + len(record[1])


def decode_records(data: bytes) -> RecordChunk:
    """Read untrusted bytes as a chunk of records.

    Raises
    ------
    BadChunk
        If they are not one.
    """
    reader = _Reader(data)
    records: list[Record] = []
    for _ in range(reader.number(4)):
        key = reader.take(reader.number(1), MAX_KEY_BYTES)
        records.append((key, reader.take(reader.number(4), MAX_VALUE_BYTES)))
    if not records:
        raise BadChunk("a chunk of records holds none")
    depth = reader.number(2)
    if depth > MAX_DEPTH:
        raise BadChunk(f"a path has at most {MAX_DEPTH} steps, not {depth}")
    siblings = list(reader.rest(HASH_BYTES, depth))
    return RecordChunk(records, depth, siblings)


def bulk_size(item: bytes) -> int:
    """Return how many bytes a byte string takes in a chunk."""
    return 4 + len(item)


def encode_bulk(items: Sequence[bytes]) -> bytes:
    """Return the bytes of a chunk of byte strings."""
    parts = [len(items).to_bytes(4, "big")]
    for item in items:
        parts += [len(item).to_bytes(4, "big"), item]
    return b"".join(parts)


def decode_bulk(data: bytes) -> list[bytes]:
    """Read untrusted bytes as a chunk of byte strings.

    Raises
    ------
    BadChunk
        If they are not one.
    """
    reader = _Reader(data)
    items = [reader.take(reader.number(4), MAX_CHUNK_BYTES) for _ in range(reader.number(4))]
    if not items or reader.left:
        raise BadChunk("a chunk of byte strings holds none" if not items else "bytes follow the chunk's end")
    return items


class _Reader:
    """Takes a chunk apart; every length is compared with what there is before anything is made of it."""

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_CHUNK_BYTES:
            raise BadChunk(f"a chunk has at most {MAX_CHUNK_BYTES} bytes, not {len(data)}")
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes are still to be read."""
        return len(self._data) - self._at

    def number(self, size: int) -> int:
        """Read an integer of so many bytes."""
        return int.from_bytes(self._next(size), "big")

    def take(self, size: int, most: int) -> bytes:
        """Read a byte string, which is never empty."""
        if not 0 < size <= most:
            raise BadChunk(f"a length is {size}, expected 1 to {most}")
        return self._next(size)

    def rest(self, size: int, most: int) -> Iterator[bytes]:
        """Read all that is left as byte strings of one size."""
        if self.left % size or self.left > size * most:
            raise BadChunk(f"{self.left} bytes follow the records; they cannot be the siblings of a path")
        while self.left:
            yield self._next(size)

    def _next(self, size: int) -> bytes:
        if size > self.left:
            raise BadChunk("the chunk ends in the middle of an item")
        start = self._at
        self._at = start + size
        return self._data[start : self._at]
