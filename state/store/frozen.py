"""The last committed version, held as it is while newer ones are written."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Self

from assay.state.rules.ics23 import EMPTY, Step, leaf_hash
from assay.state.store import bulk, layout, proofs
from assay.state.store.errors import Corrupt
from assay.state.store.pages import SLOTS, Leaf, Node, Page
from assay.state.store.tree import page_key, page_path, with_nibble
from assay.state.store.view import View


class Frozen:
    """A snapshot of the database, to be read from any thread; close it, since it keeps deleted bytes on disk.

    Parameters
    ----------
    database
        The open database.

    Attributes
    ----------
    version, root
        Number and root hash of the version.
    """

    def __init__(self, database: Any) -> None:
        self._snapshot = database.snapshot()
        _, self.version, _ = layout.decode_head(self._snapshot.get(layout.HEAD))
        self._view = View(self._snapshot, self.version)
        self.root = self._view.root

    def close(self) -> None:
        """Let go of the snapshot; nothing else may be called afterwards."""
        self._snapshot.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, key: bytes) -> bytes | None:
        """Return the record under a key, or None."""
        value: bytes | None = self._snapshot.get(layout.RECORD + key)
        return value

    def iterate(self, prefix: bytes = b"", start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the records whose keys begin with `prefix`, in byte order, none before `start`."""
        return layout.records(self._snapshot, prefix, start)

    def get_bulk(self, scope: bytes, digest: bytes) -> bytes | None:
        """Return bytes kept beside the tree, or None."""
        return bulk.get(self._snapshot, scope, digest)

    def in_tree_order(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield all records in the order of their keys' hashes.

        Raises
        ------
        Corrupt
            If a page or a record is missing, or a record is not the one in its leaf.
        """
        return self._below(self._view.root_node, 0, EMPTY)

    def path(self, key: bytes) -> list[Step]:
        """Return the way from an existing record's leaf to the root."""
        return proofs.path(self._view.read_page, self._view.root_node, key)

    def _below(self, node: Node | None, depth: int, way: bytes) -> Iterator[tuple[bytes, bytes]]:
        if isinstance(node, Leaf):
            yield node.key, self._value(node)
        elif node is not None:
            page = Page(self._view.read_page(page_key(node.version, page_path(depth, way))))
            for number in range(SLOTS):
                if page.exists >> number & 1:
                    yield from self._below(page.slot(number), depth + 1, with_nibble(way, depth, number))

    def _value(self, leaf: Leaf) -> bytes:
        value = self.get(leaf.key)
        if value is None or leaf_hash(sha256(leaf.key).digest(), value) != leaf.hash:
            raise Corrupt(f"the record {leaf.key.hex()} is not the one in the tree of version {self.version}")
        return value
