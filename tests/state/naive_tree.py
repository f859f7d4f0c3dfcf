"""The tree as its definition reads, without pages, batches or versions: what the store is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from assay.state.rules.ics23 import Step

Leaves = list[tuple[bytes, bytes]]
"""Hash of the key and hash of the value, in order."""


def naive_root(records: Mapping[bytes, bytes]) -> bytes:
    return _subtree(_leaves(records), 0)


def naive_path(records: Mapping[bytes, bytes], key: bytes) -> list[Step]:
    """The path of a record that exists, from its leaf to the root."""
    leaves, place = _leaves(records), sha256(key).digest()
    path: list[Step] = []
    depth = 0
    while len(leaves) > 1:
        halves = _halves(leaves, depth)
        side = _bit(place, depth)
        path.append(Step(side, _subtree(halves[1 - side], depth + 1)))
        leaves, depth = halves[side], depth + 1
    return path[::-1]


def _leaves(records: Mapping[bytes, bytes]) -> Leaves:
    return sorted((sha256(key).digest(), sha256(value).digest()) for key, value in records.items())


def _subtree(leaves: Leaves, depth: int) -> bytes:
    if not leaves:
        return bytes(32)
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0][0] + leaves[0][1]).digest()
    left, right = _halves(leaves, depth)
    return sha256(b"\x01" + _subtree(left, depth + 1) + _subtree(right, depth + 1)).digest()


def _halves(leaves: Leaves, depth: int) -> tuple[Leaves, Leaves]:
    left = [leaf for leaf in leaves if not _bit(leaf[0], depth)]
    return left, leaves[len(left) :]


def _bit(place: bytes, depth: int) -> int:
    return int(f"{int.from_bytes(place, 'big'):0256b}"[depth])
