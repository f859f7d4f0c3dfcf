"""One committed version, read while newer ones are being written."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from assay.state.rules.ics23 import EMPTY
from assay.state.store import layout, proofs
from assay.state.store.errors import Corrupt, VersionNotKept
from assay.state.store.pages import Node


class View:
    """A version seen through a snapshot of the database.

    Parameters
    ----------
    snapshot
        A plyvel snapshot; its owner closes it.
    version
        The version to read.

    Raises
    ------
    VersionNotKept
        If the snapshot does not hold that version.
    """

    def __init__(self, snapshot: Any, version: int) -> None:
        self._snapshot = snapshot
        self.version = version
        data = snapshot.get(layout.ROOT + layout.u64(version))
        if data is None:
            _, newest, oldest = layout.decode_head(snapshot.get(layout.HEAD))
            raise VersionNotKept(f"version {version} is not kept; ask for one from {oldest} to {newest}")
        self._root = layout.decode_root(data)

    @property
    def root_node(self) -> Node | None:
        """The tree's root, None when it is empty."""
        return self._root

    @property
    def root(self) -> bytes:
        """The root hash, 32 bytes."""
        return EMPTY if self._root is None else self._root.hash

    def get(self, key: bytes) -> bytes | None:
        """Return a record as it was: what the first later change replaced, or what stands now."""
        start, stop = layout.undo(key, self.version + 1), layout.undo(key, layout.MAX_VERSION)
        with self._snapshot.iterator(start=start, stop=stop, include_key=False) as later:
            replaced: bytes | None = next(later, None)
        if replaced is not None:
            return layout.from_optional(replaced)
        current: bytes | None = self._snapshot.get(layout.RECORD + key)
        return current

    def iterate(self, prefix: bytes, start: bytes, size: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield the records with keys of `size` bytes, of those that begin with `prefix`, from `start` on."""
        both = merge(
            self._standing(prefix, start, size), self._replaced(prefix, start, size), key=itemgetter(0)
        )
        for key, found in groupby(both, itemgetter(0)):
            values = [value for _, value in found]
            value = values[0] if values[1:] == [] else None
            if value is None:  # it has changed in some version that is kept
                value = self.get(key)
            if value is not None:
                yield key, value

    def _standing(self, prefix: bytes, start: bytes, size: int) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield the records there are now."""
        with self._snapshot.iterator(prefix=layout.RECORD + prefix) as records:
            records.seek(layout.RECORD + max(prefix, start))
            yield from ((key[1:], value) for key, value in records if len(key) == 1 + size)

    def _replaced(self, prefix: bytes, start: bytes, size: int) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield the keys that have changed in any version kept, each once, with None."""
        head = layout.UNDO + bytes((size,))
        with self._snapshot.iterator(prefix=head + prefix, include_value=False) as changes:
            changes.seek(head + max(prefix, start))
            for change in changes:
                key = change[2 : 2 + size]
                yield key, None
                changes.seek(layout.undo(key, layout.MAX_VERSION))  # past its other changes, however many

    def prove(self, key: bytes) -> bytes:
        """Return an encoded proof that a record stands, or does not stand, under a key."""
        return proofs.prove(self.read_page, self._value_of, self._root, key)

    def read_page(self, page_key: bytes) -> bytes:
        """Return a page of this version."""
        data: bytes | None = self._snapshot.get(layout.PAGE + page_key)
        if data is None:
            raise Corrupt(f"version {self.version} needs page {page_key.hex()}, which is missing")
        return data

    def _value_of(self, key: bytes) -> bytes:
        value = self.get(key)
        if value is None:
            raise Corrupt(
                f"the tree of version {self.version} has a leaf for {key.hex()}, which has no record"
            )
        return value
