"""The state of a node in one LevelDB: records, tree, history, bytes beside the tree.

`prepare` computes a version without writing anything; `commit` writes it in one
synced batch. Between the two the store shows the version before. Reads of
committed versions may come from any thread; `prepare`, `commit` and `rollback`
from one at a time.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from assay.state.rules.ics23 import EMPTY, leaf_hash
from assay.state.store import bulk, history, layout
from assay.state.store.cache import WriteCache
from assay.state.store.database import REMEDY, legible, open_database
from assay.state.store.errors import Corrupt, StoreError
from assay.state.store.frozen import Frozen
from assay.state.store.pages import Node
from assay.state.store.tree import Change, Update, update
from assay.state.store.verify import Summary, verify
from assay.state.store.view import View

T = TypeVar("T")

DEFAULT_RETAIN: Final = 8
DEFAULT_CACHE_BYTES: Final = 128 << 20
"""Enough for all pages of about 800,000 records, and for the upper levels of any number."""


@dataclass(slots=True)
class Prepared:
    """A version that is computed and not yet written.

    Attributes
    ----------
    version
        Its number.
    root
        Its root hash, 32 bytes.

    The other attributes are for `Store.commit`.
    """

    version: int
    root: bytes
    generation: int
    node: Node | None
    records: dict[bytes, bytes | None]
    update: Update
    oldest: int
    batch: Any


class Store:
    """An open store; see the module's page. Open one with `Store.open`.

    Attributes
    ----------
    version
        The last committed version, 0 when there is none.
    root
        Root hash of that version, 32 bytes; zeros when there are no records.
    oldest_version
        The oldest version that can still be read and proven.
    """

    def __init__(self, path: Path, database: Any, retain_versions: int, cache_bytes: int) -> None:
        self._path = path
        self._db = database
        self._retain = retain_versions
        self._pages = WriteCache(cache_bytes)
        self._records = WriteCache(cache_bytes // 4)
        self._generation = 0
        self._load()

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        create: bool = False,
        retain_versions: int = DEFAULT_RETAIN,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> Self:
        """Open the store in a directory.

        Parameters
        ----------
        path
            Directory of the database.
        create
            Make an empty store where there is none.
        retain_versions
            Versions that stay readable and provable, the last one included; at least 2, because the
            root of the last one is not yet in a header.
        cache_bytes
            Bound on the memory for hot pages; hot records get a quarter as much.

        Raises
        ------
        StoreError
            If there is no store, another process has it open, or its format is another one.
        """
        if retain_versions < 2:
            raise StoreError(f"retain_versions is {retain_versions}; the state needs at least 2 versions")
        database = open_database(path, create=create)
        try:
            with legible(f"the store in {path}"):
                return cls(Path(path), database, retain_versions, cache_bytes)
        except StoreError:
            database.close()
            raise

    def close(self) -> None:
        """Close the database; nothing else may be called afterwards."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- reading ---------------------------------------------------------------

    def get(self, key: bytes) -> bytes | None:
        """Return the record under a key, or None."""
        value: bytes | None = self._records.get(key)
        return self._db.get(layout.RECORD + key) if value is None else value

    def iterate(self, prefix: bytes = b"", start: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Yield the records whose keys begin with `prefix`, in byte order.

        Parameters
        ----------
        prefix
            Beginning of the keys; empty for all.
        start
            First key to yield, if it has that beginning; None for the first there is.
        """
        with self._db.iterator(prefix=layout.RECORD + prefix) as records:
            if start is not None and start > prefix:
                records.seek(layout.RECORD + start)
            for key, value in records:
                yield key[len(layout.RECORD) :], value

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

    def has_bulk(self, scope: bytes, digest: bytes) -> bool:
        """Tell whether bytes are kept beside the tree, without reading them."""
        return self._db.get(layout.LIVE + layout.place(scope, digest)) is not None

    def bulk_places(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield scope and digest of all bytes beside the tree, shorter scopes first, then in byte order."""
        return map(layout.split_place, bulk.places(self._db))

    def freeze(self) -> Frozen:
        """Return the last committed version, to be read and closed by another thread while blocks go on."""
        return Frozen(self._db)

    def get_meta(self, name: bytes) -> bytes | None:
        """Return a value kept beside the state, or None."""
        value: bytes | None = self._db.get(layout.META + name)
        return value

    # --- writing ---------------------------------------------------------------

    def prepare(
        self,
        version: int,
        changes: Mapping[bytes, bytes | None],
        bulk_puts: Mapping[tuple[bytes, bytes], bytes] | None = None,
        bulk_drops: Iterable[bytes] = (),
        meta: Mapping[bytes, bytes | None] | None = None,
    ) -> Prepared:
        """Compute the next version; nothing is written.

        Parameters
        ----------
        version
            One more than the last committed version; any when there is none.
        changes
            New value of every changed record, None to delete it. A record that gets the value it has,
            and the deletion of one that is not there, change nothing.
        bulk_puts
            Bytes to keep beside the tree, by scope and SHA-256 digest.
        bulk_drops
            Scopes to drop, before `bulk_puts` apply.
        meta
            Values to keep beside the state, None to delete one. They are not part of the root.

        Raises
        ------
        StoreError
            If the version is out of turn, a record is too large or has an empty key or value, or a
            digest is wrong.
        """
        if version <= 0 or (self.version and version != self.version + 1):
            raise StoreError(f"version {version} cannot follow version {self.version}")
        batch = self._db.write_batch(sync=True)
        writer = history.Writer(self._db, batch, version, first=version != self.version + 1)
        records = dict(writer.records(changes, self.get))
        edits = [_change(key, value) for key, value in records.items()]
        result = update(self._read_page, self._node, version, edits)
        writer.pages(result)
        writer.beside(bulk.write(self._db, batch, bulk_puts or {}, bulk_drops), meta or {})
        oldest = writer.prune(self.oldest_version, version - self._retain + 1)
        batch.put(layout.ROOT + layout.u64(version), layout.encode_root(result.root))
        batch.put(layout.HEAD, layout.encode_head(version, oldest))
        root = EMPTY if result.root is None else result.root.hash
        return Prepared(version, root, self._generation, result.root, records, result, oldest, batch)

    def commit(self, prepared: Prepared) -> None:
        """Write a prepared version: all of it, in one synced batch.

        Raises
        ------
        StoreError
            If another version was committed or rolled back since it was prepared.
        """
        if prepared.generation != self._generation:
            raise StoreError(
                f"version {prepared.version} was prepared on a state that has changed since; prepare it again"
            )
        prepared.batch.write()
        self._pages.renew(prepared.update.stale, prepared.update.pages)
        written = {key: value for key, value in prepared.records.items() if value is not None}
        self._records.renew(prepared.records, written)
        self._adopt(prepared.version, prepared.oldest, prepared.node)

    def replace(self, path: Path) -> None:
        """Become the store that lies in another directory; what was here is removed.

        A process that is killed on the way leaves this store as it was, or none, or the other one.

        Parameters
        ----------
        path
            A directory on the same file system, made by a `Builder` that has finished.

        Raises
        ------
        StoreError
            If a version was committed on top of another: such a state is not to be thrown away unasked.
        """
        if not self.is_fresh:
            raise StoreError(
                f"the store in {self._path} stands at version {self.version} and is not to be replaced; "
                "remove it with `assayd reset` to take another"
            )
        self._db.close()
        shutil.rmtree(self._path)
        path.rename(self._path)
        self._db = open_database(self._path, create=False)
        self._pages.clear()
        self._records.clear()
        self._load()

    @property
    def is_fresh(self) -> bool:
        """Whether nothing was executed here since the store was made or came from a snapshot."""
        return self.version == self.oldest_version

    def rollback(self) -> None:
        """Return to the version before the last one, which is then forgotten.

        Raises
        ------
        StoreError
            If the version before is not kept.
        """
        if self.version <= self.oldest_version:
            raise StoreError(f"version {self.version} cannot be rolled back: the one before it is not kept")
        batch = self._db.write_batch(sync=True)
        history.revert(self._db, batch, self.version, self.oldest_version)
        batch.write()
        self._pages.clear()
        self._records.clear()
        self._load()

    # --- checking --------------------------------------------------------------

    def verify(self) -> Summary:
        """Recompute the last version from its records and compare all that is stored.

        Every page, the root, and the digest of every byte string beside the tree. Takes memory for
        about 100 bytes a record.

        Raises
        ------
        Corrupt
            At the first thing that is wrong.
        """
        with legible("what is stored"), self._db.snapshot() as snapshot:
            return verify(snapshot, View(snapshot, self.version))

    def sizes(self) -> dict[str, int]:
        """Return about how many bytes each kind of data takes on disk, and the caches in memory."""
        kinds = {
            "records": layout.RECORD,
            "undo": layout.UNDO,
            "pages": layout.PAGE,
            "bulk": layout.BULK,
        }
        disk = {name: self._db.approximate_size(kind, kind + b"\xff" * 64) for name, kind in kinds.items()}
        return {**disk, "page_cache": self._pages.size, "record_cache": self._records.size}

    # --- inside ----------------------------------------------------------------

    def _load(self) -> None:
        """Read where the store stands; write that a new one stands at 0."""
        head = self._db.get(layout.HEAD)
        if head is None:
            self._check_empty()
            with self._db.write_batch(sync=True) as batch:
                batch.put(layout.ROOT + layout.u64(0), layout.encode_root(None))
                batch.put(layout.HEAD, layout.encode_head(0, 0))
            head = layout.encode_head(0, 0)
        if head[0] != layout.FORMAT:
            raise StoreError(
                f"the store has format {head[0]}, this program reads {layout.FORMAT}; sync the node anew"
            )
        _, version, oldest = layout.decode_head(head)
        root = self._db.get(layout.ROOT + layout.u64(version))
        if root is None:
            raise Corrupt(f"the root of version {version} is missing; {REMEDY}")
        self._adopt(version, oldest, layout.decode_root(root))

    def _check_empty(self) -> None:
        """Refuse to take a database that has lost its head for a new one."""
        with self._db.iterator(include_value=False) as keys:
            if next(keys, None) is not None:
                raise Corrupt(f"the store has data but does not say of which version; {REMEDY}")

    def _adopt(self, version: int, oldest: int, node: Node | None) -> None:
        self._generation += 1
        self._node = node
        self.version = version
        self.oldest_version = oldest
        self.root = EMPTY if node is None else node.hash

    def _view(self, version: int, ask: Callable[[View], T]) -> T:
        with self._db.snapshot() as snapshot:
            return ask(View(snapshot, version))

    def _read_page(self, key: bytes) -> bytes:
        page = self._pages.get(key)
        if page is None:
            page = self._db.get(layout.PAGE + key)
        if page is None:
            raise Corrupt(f"version {self.version} needs page {key.hex()}, which is missing")
        return page


def _change(key: bytes, value: bytes | None) -> Change:
    key_hash = sha256(key).digest()
    return Change(key_hash, key, None if value is None else leaf_hash(key_hash, value))
