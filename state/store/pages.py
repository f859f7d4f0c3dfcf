"""Pages: four levels of the tree each, stored as one value.

A page holds the sixteen slots below one node at a depth that is a multiple of
four. A slot is empty, a leaf, or a page of its own. The hash structure is
binary all the same; a page's inner nodes are computed from its slots and are
not stored.

Encoding, all integers big endian::

    u16 exists     bit n set: slot n is not empty
    u16 children   bit n set: slot n is a page
    32 B           hash of every slot that exists, in slot order
    u64            version of every child page, in slot order
    u8             length of every leaf's key, in slot order
    bytes          every leaf's key, in slot order

A leaf carries its key, not the key's hash: a proof of absence must show the
neighbours' keys. That the fixed-width parts come first lets the common change,
another hash for a slot that stays what it is, be made in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from assay.state.rules.ics23 import EMPTY, HASH_BYTES, INNER_PREFIX

SLOTS: Final = 16
_HEADER: Final = 4
_VERSION: Final = 8
_ALL: Final = 0xFFFF
_begin_inner: Final = sha256(INNER_PREFIX).copy
"""Begins an inner node's hash. Copying a started hash is a tenth faster than starting one."""


class Leaf(NamedTuple):
    """A record's place in the tree."""

    hash: bytes
    key: bytes


class Child(NamedTuple):
    """Where a page lies: its hash and the version that wrote it."""

    hash: bytes
    version: int


Node = Leaf | Child


def fold(exists: int, children: int, hashes: bytes, width: int = SLOTS) -> bytes:
    """Return the hash of the node above a run of slots.

    Half of the time that a large state costs goes here.

    Parameters
    ----------
    exists, children
        Bit masks over the run; `exists` is not 0.
    hashes
        The hashes of the slots that exist, one after the other.
    width
        Length of the run: 1, 2, 4, 8 or 16.
    """
    if not exists & (exists - 1) and (width == 1 or not children):
        return hashes  # a lone leaf stands for its subtree, a lone page does not
    if exists == _ALL:
        return _fold_all(hashes)
    node = _begin_inner()
    if exists == 3 and width == 2:
        node.update(hashes)
        return node.digest()
    width >>= 1
    high = exists >> width
    low = exists ^ (high << width)
    high_children = children >> width
    low_children = children ^ (high_children << width)
    if not low:
        node.update(EMPTY + fold(high, high_children, hashes, width))
    elif not high:
        node.update(fold(low, low_children, hashes, width) + EMPTY)
    else:
        cut = HASH_BYTES * low.bit_count()
        left = fold(low, low_children, hashes[:cut], width)
        node.update(left + fold(high, high_children, hashes[cut:], width))
    return node.digest()


def _fold_all(hashes: bytes) -> bytes:
    """Return the hash above a run without gaps, level by level; the upper pages of a large tree are such."""
    while len(hashes) > HASH_BYTES:
        above = []
        for at in range(0, len(hashes), 2 * HASH_BYTES):
            node = _begin_inner()
            node.update(hashes[at : at + 2 * HASH_BYTES])
            above.append(node.digest())
        hashes = b"".join(above)
    return hashes


def encode(slots: Sequence[Node | None]) -> bytes:
    """Return the bytes of a page with these slots, at most sixteen."""
    exists = children = 0
    hashes, versions, keys = [], [], []
    for number, node in enumerate(slots):
        if node is None:
            continue
        exists |= 1 << number
        hashes.append(node.hash)
        if isinstance(node, Child):
            children |= 1 << number
            versions.append(node.version.to_bytes(_VERSION, "big"))
        else:
            keys.append(node.key)
    header = (exists << 16 | children).to_bytes(_HEADER, "big")
    return b"".join([header, *hashes, *versions, bytes(map(len, keys)), *keys])


class Page:
    """A page's bytes, read and changed in place.

    Attributes
    ----------
    data
        The encoding.
    exists, children
        Bit masks over the slots: not empty, and a page.
    """

    __slots__ = ("_end", "children", "data", "exists")

    def __init__(self, data: bytes) -> None:
        self.data = data
        masks = int.from_bytes(data[:_HEADER], "big")
        self.exists = masks >> 16
        self.children = masks & _ALL
        self._end = _HEADER + HASH_BYTES * self.exists.bit_count()

    def hash(self) -> bytes:
        """Return the hash of the node that the page lies below."""
        return fold(self.exists, self.children, self.data[_HEADER : self._end])

    def run_hash(self, first: int, width: int) -> bytes:
        """Return the hash of the node above slots `first` to `first + width - 1`, `EMPTY` if they are."""
        mask = (1 << width) - 1
        exists = self.exists >> first & mask
        if not exists:
            return EMPTY
        start = _HEADER + HASH_BYTES * (self.exists & ((1 << first) - 1)).bit_count()
        hashes = self.data[start : start + HASH_BYTES * exists.bit_count()]
        return fold(exists, self.children >> first & mask, hashes, width)

    def slot(self, number: int) -> Node | None:
        """Return what stands in a slot, 0 to 15."""
        bit = 1 << number
        if not self.exists & bit:
            return None
        data = self.data
        before = self.exists & (bit - 1)
        at = _HEADER + HASH_BYTES * before.bit_count()
        node_hash = data[at : at + HASH_BYTES]
        if self.children & bit:
            at = self._end + _VERSION * (before & self.children).bit_count()
            return Child(node_hash, int.from_bytes(data[at : at + _VERSION], "big"))
        leaves = self.exists ^ self.children
        lengths = self._end + _VERSION * self.children.bit_count()
        length = lengths + (leaves & before).bit_count()
        start = lengths + leaves.bit_count() + sum(data[lengths:length])
        return Leaf(node_hash, data[start : start + data[length]])

    def replace(self, number: int, node: Node) -> None:
        """Write a slot that stays what it is: a page, or the leaf of the same key."""
        data = self.data
        before = self.exists & ((1 << number) - 1)
        at = _HEADER + HASH_BYTES * before.bit_count()
        if isinstance(node, Child):
            where = self._end + _VERSION * (before & self.children).bit_count()
            version = node.version.to_bytes(_VERSION, "big")
            self.data = (
                data[:at] + node.hash + data[at + HASH_BYTES : where] + version + data[where + _VERSION :]
            )
        else:
            self.data = data[:at] + node.hash + data[at + HASH_BYTES :]

    def slots(self) -> list[Node | None]:
        """Return all sixteen slots."""
        return [self.slot(number) for number in range(SLOTS)]
