"""A version recomputed from its records, against everything that is stored about it."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from itertools import zip_longest
from typing import Any, NamedTuple

from assay.state.rules.ics23 import EMPTY, HASH_BYTES, leaf_hash
from assay.state.store import bulk, layout
from assay.state.store.errors import Corrupt
from assay.state.store.pages import SLOTS, Child, Leaf, Node, Page, encode
from assay.state.store.tree import page_key, page_path, with_nibble
from assay.state.store.view import View


class Summary(NamedTuple):
    """What was found in order."""

    records: int
    pages: int
    bulk: int


def verify(snapshot: Any, view: View) -> Summary:
    """Check the last committed version; see `Store.verify`.

    Parameters
    ----------
    snapshot
        A snapshot of the database.
    view
        The last committed version in that snapshot.
    """
    walk = _Walk(view)
    expected = _leaves_of_records(snapshot)
    for number, (leaf, place) in enumerate(zip_longest(walk.leaves(), expected)):
        if leaf != place:
            raise Corrupt(f"the tree and the records differ at leaf {number}: {_differ(leaf, place)}")
    return Summary(len(expected), walk.pages, _check_bulk(snapshot))


def _leaves_of_records(snapshot: Any) -> list[bytes]:
    """Return place and hash of every record's leaf, in the tree's order."""
    leaves = []
    with snapshot.iterator(prefix=layout.RECORD) as records:
        for where, value in records:
            key_hash = sha256(where[len(layout.RECORD) :]).digest()
            leaves.append(key_hash + leaf_hash(key_hash, value))
    leaves.sort()
    return leaves


def _differ(leaf: bytes | None, record: bytes | None) -> str:
    if leaf is None or (record is not None and record < leaf and record[:HASH_BYTES] != leaf[:HASH_BYTES]):
        return "a record has no leaf"
    if record is None or record[:HASH_BYTES] != leaf[:HASH_BYTES]:
        return "a leaf has no record"
    return "a record's value is not the one in its leaf"


def _check_bulk(snapshot: Any) -> int:
    count = 0
    for name in bulk.places(snapshot):
        scope, digest = layout.split_place(name)
        data = bulk.get(snapshot, scope, digest)
        if data is None or sha256(data).digest() != digest:
            state = "are missing" if data is None else "have another digest"
            raise Corrupt(f"the bytes {digest.hex()} in scope {scope.hex()} {state}")
        count += 1
    return count


class _Walk:
    """Goes through a tree's leaves in order and checks every page on the way."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.pages = 0

    def leaves(self) -> Iterator[bytes]:
        """Yield place and hash of every leaf."""
        return self._below(self._view.root_node, 0, EMPTY)

    def _below(self, node: Node | None, depth: int, way: bytes) -> Iterator[bytes]:
        if isinstance(node, Leaf):
            yield self._leaf(node, depth, way)
        elif node is not None:
            page = self._page(node, depth, way)
            for number in range(SLOTS):
                yield from self._below(page.slot(number), depth + 1, with_nibble(way, depth, number))

    def _leaf(self, leaf: Leaf, depth: int, way: bytes) -> bytes:
        key_hash = sha256(leaf.key).digest()
        rest = 4 * (2 * HASH_BYTES - depth)
        if int.from_bytes(key_hash, "big") >> rest != int.from_bytes(way, "big") >> rest:
            raise Corrupt(f"the leaf of {leaf.key.hex()} does not stand where its key belongs")
        return key_hash + leaf.hash

    def _page(self, node: Child, depth: int, way: bytes) -> Page:
        name = page_key(node.version, page_path(depth, way))
        data = self._view.read_page(name)
        page = Page(data)
        slots = page.slots()
        left = [slot for slot in slots if slot is not None]
        if node.version > self._view.version or encode(slots) != data:
            raise Corrupt(f"page {name.hex()} is malformed")
        if not left or (len(left) == 1 and isinstance(left[0], Leaf)):
            raise Corrupt(f"page {name.hex()} should not exist: it holds {len(left)} leaves")
        if page.hash() != node.hash:
            raise Corrupt(f"page {name.hex()} does not have the hash that the page above it states")
        self.pages += 1
        return page
