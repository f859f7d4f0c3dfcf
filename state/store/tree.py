"""The authenticated tree: a batch of changes applied to versioned pages.

A Jellyfish-style sparse Merkle tree. Its hashes are those of
`assay.state.rules.ics23`; here is only how it is stored and changed. Pages are
never overwritten: a change writes new pages under the new version and reports
the ones they replace, which older versions still need.

Nothing here knows the database: pages come from a function and go into a dict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from operator import attrgetter
from typing import Final, NamedTuple

from assay.state.rules.ics23 import HASH_BYTES
from assay.state.store.pages import SLOTS, Child, Leaf, Node, Page, encode

ReadPage = Callable[[bytes], bytes]
"""Returns the bytes of the page under a page key."""

MAX_PAGE_DEPTH: Final = 64
_PLACE: Final = attrgetter("key_hash")
_DEPTH: Final = [bytes((depth,)) for depth in range(MAX_PAGE_DEPTH)]


class Change(NamedTuple):
    """A record's new leaf, None when the record is deleted. Sorts by place in the tree."""

    key_hash: bytes
    key: bytes
    leaf: bytes | None


class Update(NamedTuple):
    """What a batch of changes did.

    Attributes
    ----------
    root
        The new root, None for an empty tree.
    pages
        New pages by page key.
    stale
        Keys of the pages that the new version no longer uses.
    """

    root: Node | None
    pages: dict[bytes, bytes]
    stale: list[bytes]


def page_key(version: int, path: bytes) -> bytes:
    """Return where the page of a version at a path is stored.

    The version comes first, so that a block's pages lie together and are
    written at the end of their range.
    """
    return version.to_bytes(8, "big") + path


def page_path(depth: int, key_hash: bytes) -> bytes:
    """Return the way to a page: its depth and the nibbles above it, two in a byte.

    Parameters
    ----------
    depth
        Pages above this one: 0 to 63.
    key_hash
        Hash of any key below the page.
    """
    half = depth >> 1
    path = _DEPTH[depth] + key_hash[:half]
    return path + bytes((key_hash[half] & 0xF0,)) if depth & 1 else path


def nibble(key_hash: bytes, depth: int) -> int:
    """Return the slot, 0 to 15, that leads to a key in a page at `depth`."""
    byte = key_hash[depth >> 1]
    return byte & 0x0F if depth & 1 else byte >> 4


def with_nibble(key_hash: bytes, depth: int, number: int) -> bytes:
    """Return a key's hash with another slot at `depth`: a way to the page below that slot."""
    shift = 4 * (2 * HASH_BYTES - 1 - depth)
    value = int.from_bytes(key_hash, "big")
    return (value & ~(0xF << shift) | number << shift).to_bytes(HASH_BYTES, "big")


def update(read: ReadPage, root: Node | None, version: int, changes: list[Change]) -> Update:
    """Apply a batch of changes.

    Each page on the way to a changed key is read once and written once.

    Parameters
    ----------
    read
        Returns a page of the version that `root` belongs to.
    root
        The root before the changes, None for an empty tree.
    version
        The version to write; higher than any in the tree.
    changes
        At most one a key. Deleting what is not there changes nothing.
    """
    batch = _Batch(read, version)
    ordered = sorted(changes, key=_PLACE)
    new = batch.subtree(root, 0, ordered) if ordered else root
    return Update(new, batch.pages, batch.stale)


class _Batch:
    """One call of `update`."""

    def __init__(self, read: ReadPage, version: int) -> None:
        self._read = read
        self._version = version
        self.pages: dict[bytes, bytes] = {}
        self.stale: list[bytes] = []

    def subtree(self, node: Node | None, depth: int, changes: list[Change]) -> Node | None:
        """Return what stands in place of `node`, whose page lies, or would lie, at `depth`."""
        if isinstance(node, Child):
            return self._change_page(node, depth, changes)
        if len(changes) == 1 and (node is None or node.key == changes[0].key):
            _, key, leaf = changes[0]
            return None if leaf is None else Leaf(leaf, key)
        leaves = [change for change in changes if change.leaf is not None]
        if node is not None and all(change.key != node.key for change in changes):
            leaves.append(Change(sha256(node.key).digest(), node.key, node.hash))
            leaves.sort(key=_PLACE)
        return self._build(depth, leaves)

    def _build(self, depth: int, leaves: list[Change]) -> Node | None:
        """Return the subtree of these leaves, in a page of its own if there are several."""
        if not leaves:
            return None
        if len(leaves) == 1:
            _, key, leaf = leaves[0]
            assert leaf is not None  # noqa: S101 - deletions are left out above
            return Leaf(leaf, key)
        slots: list[Node | None] = [None] * SLOTS
        for number, group in _groups(leaves, depth):
            slots[number] = self._build(depth + 1, group)
        return self._write(page_path(depth, leaves[0].key_hash), Page(encode(slots)))

    def _change_page(self, node: Child, depth: int, changes: list[Change]) -> Node | None:
        """Return what stands in place of a page after the changes below it."""
        path = page_path(depth, changes[0].key_hash)
        key = page_key(node.version, path)
        page = Page(self._read(key))
        before = page.data
        moved: dict[int, Node | None] = {}
        for number, group in _groups(changes, depth):
            old = page.slot(number)
            new = self.subtree(old, depth + 1, group)
            if new == old:
                continue
            if new is not None and _same_kind(old, new):
                page.replace(number, new)
            else:
                moved[number] = new
        if page.data is before and not moved:
            return node
        self.stale.append(key)
        return self._restructure(page, moved, path) if moved else self._write(path, page)

    def _restructure(self, page: Page, moved: dict[int, Node | None], path: bytes) -> Node | None:
        """Write a page some of whose slots became something else, unless one leaf is left."""
        slots = page.slots()
        for number, node in moved.items():
            slots[number] = node
        left = [node for node in slots if node is not None]
        if not left:
            return None
        if len(left) == 1 and isinstance(left[0], Leaf):
            return left[0]
        return self._write(path, Page(encode(slots)))

    def _write(self, path: bytes, page: Page) -> Child:
        self.pages[page_key(self._version, path)] = page.data
        return Child(page.hash(), self._version)


def _same_kind(old: Node | None, new: Node) -> bool:
    """Tell whether a slot stays what it is, and can be changed in place."""
    if isinstance(old, Child):
        return isinstance(new, Child)
    return isinstance(old, Leaf) and isinstance(new, Leaf) and old.key == new.key


def _groups(changes: list[Change], depth: int) -> Iterable[tuple[int, list[Change]]]:
    """Split changes, in order, by their slot in a page at `depth`."""
    if len(changes) == 1:
        return ((nibble(changes[0].key_hash, depth), changes),)
    groups = []
    start, current = 0, nibble(changes[0].key_hash, depth)
    for index, change in enumerate(changes):
        number = nibble(change.key_hash, depth)
        if number != current:
            groups.append((current, changes[start:index]))
            start, current = index, number
    groups.append((current, changes[start:]))
    return groups
