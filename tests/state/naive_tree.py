"""The tree as its definition reads, without pages, batches or versions: what the store is compared with."""

from collections.abc import Mapping
from hashlib import sha256


def naive_root(records: Mapping[bytes, bytes]) -> bytes:
    leaves = {sha256(key).digest(): sha256(value).digest() for key, value in records.items()}
    return _subtree(sorted(leaves.items()), 0)


def _subtree(leaves: list[tuple[bytes, bytes]], depth: int) -> bytes:
    if not leaves:
        return bytes(32)
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0][0] + leaves[0][1]).digest()
    halves: tuple[list[tuple[bytes, bytes]], list[tuple[bytes, bytes]]] = ([], [])
    for leaf in leaves:
        halves[f"{int.from_bytes(leaf[0], 'big'):0256b}"[depth] == "1"].append(leaf)
    return sha256(b"\x01" + _subtree(halves[0], depth + 1) + _subtree(halves[1], depth + 1)).digest()
