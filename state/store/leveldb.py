"""The state of a node in one LevelDB: records, tree, history, bytes beside the tree.

`prepare` computes a version without writing anything; `commit` writes it in one
synced batch. Between the two the store shows the version before. Reads of
committed versions may come from any thread; `prepare`, `commit`, `rollback` and
`replace` from one at a time; `prune` from another one beside them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self

from assay.crypto.files import sync
from assay.state.rules.ics23 import EMPTY, leaf_hash
from assay.state.store import bulk, history, layout
from assay.state.store.cache import WriteCache
from assay.state.store.database import REMEDY, Database, legible, open_database
from assay.state.store.errors import Corrupt, StoreError
from assay.state.store.pages import Node
from assay.state.store.reading import Reading
from assay.state.store.tree import Change, Update, update
from assay.state.store.verify import Summary, verify
from assay.state.store.view import View

DEFAULT_RETAIN: Final = 8
REPLACED: Final = "replaced"
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
    first: bool
    batch: Any


class Store(Reading):
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

    version: int
    root: bytes
    oldest_version: int

    def __init__(self, path: Path, database: Database, retain_versions: int, cache_bytes: int) -> None:
        self._path = path
        self._db = database
        self._retain = retain_versions
        self._pages = WriteCache(cache_bytes)
        self._records = WriteCache(cache_bytes // 4)
        self._generation = 0
        self._head = Lock()  # held while it changes which versions are kept
        self._pruned = False
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

    # --- writing ---------------------------------------------------------------

    def prepare(
        self,
        version: int,
        changes: Mapping[bytes, bytes | None],
        bulk_puts: Mapping[tuple[bytes, bytes], bytes] | None = None,
        bulk_drops: Iterable[bytes] = (),
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

        Raises
        ------
        StoreError
            If the version is out of turn, a record is too large or has an empty key or value, or a
            digest is wrong.
        """
        if version <= 0 or (self.version and version != self.version + 1):
            raise StoreError(f"version {version} cannot follow version {self.version}")
        batch = self._db.write_batch(sync=True)
        first = version != self.version + 1  # of a chain that begins above height 1
        writer = history.Writer(batch, version, first=first)
        records = dict(writer.records(changes, self.get))
        edits = [_change(key, value) for key, value in records.items()]
        result = update(self._read_page, self._node, version, edits)
        writer.pages(result)
        writer.beside(bulk.write(self._db, batch, bulk_puts or {}, bulk_drops))
        batch.put(layout.ROOT + layout.u64(version), layout.encode_root(result.root))
        root = EMPTY if result.root is None else result.root.hash
        return Prepared(version, root, self._generation, result.root, records, result, first, batch)

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
        with self._head:
            oldest = prepared.version if prepared.first else self.oldest_version
            if prepared.first:
                prepared.batch.delete(layout.ROOT + layout.u64(self.oldest_version))
            prepared.batch.put(layout.HEAD, layout.encode_head(prepared.version, oldest))
            prepared.batch.write()
            self._adopt(prepared.version, oldest, prepared.node)
        self._pages.renew(prepared.update.stale, prepared.update.pages)
        written = {key: value for key, value in prepared.records.items() if value is not None}
        self._records.renew(prepared.records, written)

    @property
    def versions_behind(self) -> int:
        """How many versions are there that are not to be kept any more: `prune` forgets them."""
        return max(0, self.version - self._retain + 1 - self.oldest_version)

    def prune(self, pause: Callable[[], None] = lambda: None) -> None:
        """Forget the versions that are not to be kept any more.

        May run in a thread of its own while blocks go on: they wait for it no longer than for a small write.
        A process that is killed on the way leaves nothing that a version still kept lacks, and the next call
        goes on where it ended.

        Parameters
        ----------
        pause
            Called often; what it raises ends the work.
        """
        if not self._pruned:
            for version in history.unfinished(self._db, self.oldest_version):
                self._forget(version, pause)
        self._pruned = False
        while self.versions_behind:
            oldest = self.oldest_version + 1
            with self._head, self._db.write_batch(transaction=True) as batch:
                batch.delete(layout.ROOT + layout.u64(oldest - 1))
                batch.put(layout.HEAD, layout.encode_head(self.version, oldest))
                self.oldest_version = oldest
            self._forget(oldest, pause)
        self._pruned = True

    def _forget(self, version: int, pause: Callable[[], None]) -> None:
        history.forget(self._db, version, pause)
        with self._head, self._db.write_batch(transaction=True) as batch:
            history.forget_lists(self._db, batch, version, self.version)

    def replace(self, path: Path) -> None:
        """Become the store that lies in another directory; what was here lies beside that, as `REPLACED`.

        A process that is killed on the way leaves this store as it was, or none, or the other one.

        Parameters
        ----------
        path
            A directory on the same file system, made by a `Builder` that has finished. The one in which it
            lies is the caller's, to be removed when this is done.

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
        os.rename(self._path, path.with_name(REPLACED))
        os.rename(path, self._path)
        sync(self._path.parent)
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
            If the version before is not kept; `Corrupt` if something is missing that it had. Then nothing is
            changed.
        """
        if self.version <= self.oldest_version:
            raise StoreError(f"version {self.version} cannot be rolled back: the one before it is not kept")
        batch = self._db.write_batch(transaction=True, sync=True)
        with self._head, batch, legible("what is stored"):
            history.revert(self._db, batch, self.version, self.oldest_version)
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

    def compact(self) -> None:
        """Rewrite the database so that it takes no more room than what is in it; takes a while."""
        self._db.compact_range()

    # --- inside ----------------------------------------------------------------

    def _load(self) -> None:
        """Read where the store stands; write that a new one stands at 0."""
        head = self._db.get(layout.HEAD)
        if head is None:
            self._check_empty()
            with self._db.write_batch(transaction=True, sync=True) as batch:
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
