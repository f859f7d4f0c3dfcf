"""A state as a snapshot: the same bytes on every node, whatever else its store holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import TypeVar

from assay.state.snapshots.format import (
    CHUNK_BYTES,
    Manifest,
    Record,
    RecordChunk,
    bulk_size,
    encode_bulk,
    record_size,
)
from assay.state.snapshots.needed import needed
from assay.state.store import Corrupt, Frozen

T = TypeVar("T")


def write(
    state: Frozen,
    put: Callable[[int, bytes], None],
    rest: Callable[[], None] = lambda: None,
    chunk_bytes: int = CHUNK_BYTES,
) -> Manifest:
    """Write a state's chunks and return their manifest.

    Parameters
    ----------
    state
        A committed version.
    put
        Keeps a chunk under its number.
    rest
        Called after every item, so that somebody else may have the processor for a while.
    chunk_bytes
        What a chunk is filled up to. Nodes that choose differently do not have the same snapshots.

    Raises
    ------
    Corrupt
        If the store lacks something, or it has been changed from outside.
    """
    digests: list[bytes] = []
    for records in _filled(_rested(state.in_tree_order(), rest), record_size, chunk_bytes):
        chunk = _ended(state, records).encode()
        put(len(digests), chunk)
        digests.append(sha256(chunk).digest())
    record_chunks = len(digests)
    for items in _filled(_bulk(state, rest), bulk_size, chunk_bytes):
        chunk = encode_bulk(items)
        put(len(digests), chunk)
        digests.append(sha256(chunk).digest())
    return Manifest(state.version, state.root, record_chunks, tuple(digests))


def _ended(state: Frozen, records: list[Record]) -> RecordChunk:
    """Make a chunk of records that shows what follows the last one."""
    steps = state.path(records[-1][0])[::-1]
    return RecordChunk(records, len(steps), [step.sibling for step in steps if not step.right])


def _bulk(state: Frozen, rest: Callable[[], None]) -> Iterator[bytes]:
    for scope, digest in _rested(needed(state), rest):
        data = state.get_bulk(scope, digest)
        if data is None or sha256(data).digest() != digest:
            raise Corrupt(f"the bytes {digest.hex()} in scope {scope.hex()} are missing or damaged")
        yield data


def _rested(items: Iterable[T], rest: Callable[[], None]) -> Iterator[T]:
    for item in items:
        yield item
        rest()


def _filled(items: Iterable[T], size: Callable[[T], int], most: int) -> Iterator[list[T]]:
    """Put items together as long as their sizes sum up to `most` at the most; a larger one stands alone."""
    group: list[T] = []
    total = 0
    for item in items:
        if group and total + size(item) > most:
            yield group
            group, total = [], 0
        group.append(item)
        total += size(item)
    if group:
        yield group
