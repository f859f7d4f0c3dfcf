"""Buffered writes on top of the store.

A block is executed on one overlay over the store, each transaction on another
over that one. A transaction that fails is dropped with its overlay; what is
left at the end of the block is the block's change set.
"""

from __future__ import annotations

import hashlib
import heapq
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from itertools import islice
from typing import Protocol, TypeVar

from google.protobuf.message import Message

M = TypeVar("M", bound=Message)

_MARK = b"\x01"  # the tree keeps no empty values


class Reader(Protocol):
    """What an overlay lies on: the store, or another overlay."""

    def get(self, key: bytes) -> bytes | None:
        """Return the record under `key`, or None."""
        ...

    def iterate(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the records whose keys begin with `prefix`, in byte order, none before `start`."""
        ...

    def get_bulk(self, scope: bytes, digest: bytes) -> bytes | None:
        """Return bytes kept beside the tree, or None."""
        ...


class Order:
    """The keys of an overlay's writes in byte order, worked out as far as somebody asks.

    Writing costs nothing here. A dictionary keeps its keys in the order in which they came and an overlay
    forgets none, so those that are new since the last question are the last ones. Kinds of records are kept
    apart, by the first byte of their keys.
    """

    __slots__ = ("_kinds", "_seen")

    FEW = 16
    """New keys up to which putting each in its place is quicker than sorting them all."""

    def __init__(self) -> None:
        self._kinds: dict[bytes, list[bytes]] = {}
        self._seen = 0

    def under(self, keys: dict[bytes, bytes | None], prefix: bytes, start: bytes = b"") -> list[bytes]:
        """Return those of the overlay's keys that begin with a prefix, in byte order, none before `start`."""
        self._catch_up(keys)
        if not prefix:
            return sorted(key for key in keys if key >= start)
        ordered = self._kinds.get(prefix[:1], [])
        first = bisect_left(ordered, max(prefix, start))
        size = len(prefix)
        return ordered[first : bisect_right(ordered, prefix, lo=first, key=lambda key: key[:size])]

    def _catch_up(self, keys: dict[bytes, bytes | None]) -> None:
        new = len(keys) - self._seen
        for key in islice(reversed(keys), new):
            ordered = self._kinds.setdefault(key[:1], [])
            if new <= self.FEW:
                insort(ordered, key)
            else:
                ordered.append(key)
        if new > self.FEW:
            for ordered in self._kinds.values():
                ordered.sort()
        self._seen = len(keys)

    def clear(self) -> None:
        """Forget all keys."""
        self._kinds.clear()
        self._seen = 0


class Overlay:
    """Writes that are not yet in what lies beneath.

    Attributes
    ----------
    changes
        Key to new value, None for a deletion.
    bulk_puts
        (scope, digest) to bytes kept beside the tree.
    bulk_drops
        Scopes whose bytes are dropped, before `bulk_puts` apply.
    """

    __slots__ = ("_order", "_reads", "bulk_drops", "bulk_puts", "changes", "parent")

    def __init__(self, parent: Reader, *, cache_reads: bool = False) -> None:
        self.parent = parent
        self.changes: dict[bytes, bytes | None] = {}
        self.bulk_puts: dict[tuple[bytes, bytes], bytes] = {}
        self.bulk_drops: dict[bytes, None] = {}
        self._order = Order()
        self._reads: dict[bytes, bytes | None] | None = {} if cache_reads else None

    def get(self, key: bytes) -> bytes | None:
        """Return the record under `key` as this overlay sees it, or None."""
        if key in self.changes:
            return self.changes[key]
        if self._reads is None:
            return self.parent.get(key)
        if key not in self._reads:
            self._reads[key] = self.parent.get(key)
        return self._reads[key]

    def put(self, key: bytes, value: bytes) -> None:
        """Write a record."""
        self.changes[key] = value

    def mark(self, key: bytes) -> None:
        """Write a record that says no more than that it is there."""
        self.changes[key] = _MARK

    def delete(self, key: bytes) -> None:
        """Remove a record; removing what is not there does nothing."""
        self.changes[key] = None

    def iterate(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the records whose keys begin with `prefix`, in byte order, none before `start`.

        Writes of this overlay that come after the call are not seen, so the caller may write while it walks.
        What lies beneath is read only as far as the walk goes.
        """
        written = {key: self.changes[key] for key in self._order.under(self.changes, prefix, start)}
        if not written:
            return self.parent.iterate(prefix, start)
        own = ((key, value) for key, value in written.items() if value is not None)
        beneath = (record for record in self.parent.iterate(prefix, start) if record[0] not in written)
        return heapq.merge(own, beneath)

    def load(self, kind: type[M], key: bytes) -> M | None:
        """Return the record under `key`, decoded, or None."""
        data = self.get(key)
        return None if data is None else kind.FromString(data)

    def require(self, kind: type[M], key: bytes) -> M:
        """Return the record under `key`, which other records say must be there.

        Raises
        ------
        RuntimeError
            If it is not: a fault of this program, never of a stranger.
        """
        record = self.load(kind, key)
        if record is None:
            raise RuntimeError(f"the state lacks the {kind.DESCRIPTOR.name} record {key.hex()}")
        return record

    def save(self, key: bytes, record: Message) -> None:
        """Write a record in its canonical encoding."""
        self.changes[key] = record.SerializeToString(deterministic=True)

    def get_bulk(self, scope: bytes, digest: bytes) -> bytes | None:
        """Return bytes kept beside the tree, or None."""
        data = self.bulk_puts.get((scope, digest))
        if data is not None:
            return data
        return None if scope in self.bulk_drops else self.parent.get_bulk(scope, digest)

    def put_bulk(self, scope: bytes, data: bytes) -> bytes:
        """Keep bytes beside the tree and return their SHA-256 digest."""
        digest = hashlib.sha256(data).digest()
        self.bulk_puts[scope, digest] = data
        return digest

    def drop_bulk(self, scope: bytes) -> None:
        """Drop every byte string of a scope."""
        for place in [place for place in self.bulk_puts if place[0] == scope]:
            del self.bulk_puts[place]
        self.bulk_drops[scope] = None

    def flush_into(self, below: Overlay) -> None:
        """Apply these writes to the overlay beneath, and forget them here."""
        below.changes.update(self.changes)
        for scope in self.bulk_drops:
            below.drop_bulk(scope)
        below.bulk_puts.update(self.bulk_puts)
        self.clear()

    def clear(self) -> None:
        """Forget every write."""
        self.changes.clear()
        self._order.clear()
        self.bulk_puts.clear()
        self.bulk_drops.clear()
