"""Reading the versions of a store, from any thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from assay.state.store import bulk, layout
from assay.state.store.cache import WriteCache
from assay.state.store.database import Database
from assay.state.store.frozen import Frozen
from assay.state.store.view import View

T = TypeVar("T")


class Reading:
    """What a store answers; `assay.state.store.leveldb.Store` opens and writes it."""

    _db: Database
    _pages: WriteCache
    _records: WriteCache

    def get(self, key: bytes) -> bytes | None:
        """Return the record under a key, or None."""
        value: bytes | None = self._records.get(key)
        return self._db.get(layout.RECORD + key) if value is None else value

    def iterate(self, prefix: bytes = b"", start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the records whose keys begin with `prefix`, in byte order.

        Parameters
        ----------
        prefix
            Beginning of the keys; empty for all.
        start
            First key to yield, if it has that beginning; empty for the first there is.
        """
        return layout.records(self._db, prefix, start)

    def get_at(self, key: bytes, version: int) -> bytes | None:
        """Return the record that stood under a key at a version, or None.

        Raises
        ------
        VersionNotKept
            If that version is not kept.
        """
        return self._view(version, lambda view: view.get(key))

    def list_at(self, prefix: bytes, start: bytes, version: int, size: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield the records of one table as they stood at a version, in byte order.

        Parameters
        ----------
        prefix
            Beginning of the keys.
        start
            First key to yield; empty for the first there is.
        version
            The version to read.
        size
            Length of the keys; others that begin alike belong to another table.

        Raises
        ------
        VersionNotKept
            If that version is not kept.
        """
        with self._db.snapshot() as snapshot:
            yield from View(snapshot, version).iterate(prefix, start, size)

    def root_at(self, version: int) -> bytes:
        """Return the root hash of a version; raises `VersionNotKept` like `get_at`."""
        return self._view(version, lambda view: view.root)

    def prove(self, key: bytes, version: int) -> bytes:
        """Return an encoded ICS-23 `CommitmentProof` about a key, against the root of a version.

        It is one of existence or of absence, whichever is true.

        Raises
        ------
        VersionNotKept
            If that version is not kept.
        NotProvable
            If that version has no records at all.
        """
        return self._view(version, lambda view: view.prove(key))

    def get_bulk(self, scope: bytes, digest: bytes) -> bytes | None:
        """Return bytes kept beside the tree, or None."""
        return bulk.get(self._db, scope, digest)

    def bulk_places(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield scope and digest of all bytes beside the tree, shorter scopes first, then in byte order."""
        return map(layout.split_place, bulk.places(self._db))

    def freeze(self) -> Frozen:
        """Return the last committed version, to be read and closed by another thread while blocks go on."""
        return Frozen(self._db)

    def _view(self, version: int, ask: Callable[[View], T]) -> T:
        with self._db.snapshot() as snapshot:
            return ask(View(snapshot, version))
