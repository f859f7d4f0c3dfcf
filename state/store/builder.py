"""A store made of the records of one version, without the versions before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from assay.state.rules.ics23 import EMPTY, leaf_hash
from assay.state.store import layout
from assay.state.store.database import open_database
from assay.state.store.errors import Corrupt, StoreError
from assay.state.store.pages import Node
from assay.state.store.tree import Change, update


class Builder:
    """Fills an empty database; a store can be opened there once `finish` has returned, and not before.

    What is added is written at once and is not synced before `finish`: a directory whose builder did not
    finish is to be removed.

    Parameters
    ----------
    path
        A directory that does not exist or is empty.
    version
        The version that the store will stand at.
    """

    def __init__(self, path: Path, version: int) -> None:
        if path.exists() and any(path.iterdir()):
            raise StoreError(f"{path} is not empty")
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = open_database(path, create=True)
        self._version = version
        self._root: Node | None = None

    @property
    def root(self) -> bytes:
        """Root hash of the records added so far."""
        return EMPTY if self._root is None else self._root.hash

    def add(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Add records that are not there yet; in the order of their keys' hashes it is quickest."""
        changes: list[Change] = []
        with self._db.write_batch(transaction=True) as batch:
            for key, value in records:
                batch.put(layout.RECORD + key, value)
                key_hash = sha256(key).digest()
                changes.append(Change(key_hash, key, leaf_hash(key_hash, value)))
            # All pages are of one version, so a page that changes is written over, not beside, the old one.
            result = update(self._read_page, self._root, self._version, changes)
            for name in result.stale:
                batch.delete(layout.PAGE + name)
            for name, page in result.pages.items():
                batch.put(layout.PAGE + name, page)
        self._root = result.root

    def add_bulk(self, scope: bytes, digest: bytes, data: bytes) -> None:
        """Add bytes beside the tree, whose digest the caller has checked."""
        place = layout.place(scope, digest)
        with self._db.write_batch(transaction=True) as batch:
            batch.put(layout.LIVE + place, b"")
            batch.put(layout.BULK + place, data)

    def get(self, key: bytes) -> bytes | None:
        """Return a record that was added, or None."""
        value: bytes | None = self._db.get(layout.RECORD + key)
        return value

    def iterate(self, prefix: bytes = b"", start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the records added so far under `prefix`, in byte order, none before `start`."""
        return layout.records(self._db, prefix, start)

    def get_bulk(self, scope: bytes, digest: bytes) -> bytes | None:
        """Return bytes that were added beside the tree, or None."""
        data: bytes | None = self._db.get(layout.BULK + layout.place(scope, digest))
        return data

    def finish(self) -> None:
        """Write of which version all this is, on disk for good, and close."""
        with self._db.write_batch(transaction=True, sync=True) as batch:
            batch.put(layout.ROOT + layout.u64(self._version), layout.encode_root(self._root))
            batch.put(layout.HEAD, layout.encode_head(self._version, self._version))
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def _read_page(self, key: bytes) -> bytes:
        page: bytes | None = self._db.get(layout.PAGE + key)
        if page is None:
            raise Corrupt(f"page {key.hex()}, just written, is missing")
        return page
