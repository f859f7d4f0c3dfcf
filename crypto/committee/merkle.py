"""A hash tree over the numbers of a release share, so that one of them can be shown without the others.

As in RFC 6962, leaves and inner nodes are hashed under different prefixes. The tree is perfect: the places
after the last leaf are taken by empty ones, which no number of 16 bytes can be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32


def depth(count: int) -> int:
    """Return the length of a path, in hashes, in a tree over so many leaves."""
    return max(0, count - 1).bit_length()


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the hashes of all levels, from the leaves' to the root's."""
    missing = (1 << depth(len(leaves))) - len(leaves)
    level = [_leaf(leaf) for leaf in leaves] + [_leaf(b"")] * missing
    found = [level]
    while len(level) > 1:
        level = [_node(level[i], level[i + 1]) for i in range(0, len(level), 2)]
        found.append(level)
    return found


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over the leaves: 32 bytes."""
    return levels(leaves)[-1][0]


def path(leaves: Sequence[bytes], index: int) -> bytes:
    """Return what leads from one leaf to the root: the neighbour's hash on each level, from below."""
    return b"".join(level[(index >> height) ^ 1] for height, level in enumerate(levels(leaves)[:-1]))


def root_of(leaf: bytes, index: int, neighbours: bytes) -> bytes:
    """Return the root of the tree in which a path leads to that leaf at that index."""
    found = _leaf(leaf)
    for start in range(0, len(neighbours), HASH_BYTES):
        other = neighbours[start : start + HASH_BYTES]
        found = _node(other, found) if index & 1 else _node(found, other)
        index >>= 1
    return found


def _leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
