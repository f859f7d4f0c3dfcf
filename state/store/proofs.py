"""Proofs of existence and absence, made from the pages of one version.

A proof of existence shows the way from a leaf to the root. A proof of absence
shows the leaves to the left and right of the place where the key would be, in
the order of the keys' hashes; at the tree's edge one of them is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Literal

from assay.proto import canonical
from assay.proto.ics23_pb2 import CommitmentProof, ExistenceProof, NonExistenceProof
from assay.state.rules.ics23 import EMPTY, Step, existence_proof
from assay.state.store.errors import NotProvable
from assay.state.store.pages import Child, Leaf, Node, Page
from assay.state.store.tree import ReadPage, nibble, page_key, page_path, with_nibble

ReadValue = Callable[[bytes], bytes]
"""Returns the value of a record that exists."""

Trail = list[tuple[Page, int]]
"""The pages on the way from the root, each with the slot that the way takes."""

Side = Literal["left", "right"]


def prove(read: ReadPage, value_of: ReadValue, root: Node | None, key: bytes) -> bytes:
    """Return an encoded `CommitmentProof` that a record exists, or that none does.

    Parameters
    ----------
    read
        Returns a page of the version that `root` belongs to.
    value_of
        Returns a record's value in that version.
    root
        That version's root.
    key
        The key to make a statement about.

    Raises
    ------
    NotProvable
        If the tree is empty.
    """
    if root is None:
        raise NotProvable(
            "ICS-23 cannot state that a key is absent from an empty tree; commit a first record"
        )
    key_hash = sha256(key).digest()
    trail, leaf = _descend(read, root, key_hash)
    if leaf is not None and leaf.key == key:
        proof = CommitmentProof(exist=existence_proof(key, value_of(key), _steps(trail)))
    else:
        neighbours: dict[str, ExistenceProof] = {}
        sides: tuple[Side, Side] = ("left", "right")
        for side in sides:
            found = _neighbour(read, trail, leaf, key_hash, side)
            if found is not None:
                neighbours[side] = existence_proof(found[1].key, value_of(found[1].key), _steps(found[0]))
        proof = CommitmentProof(nonexist=NonExistenceProof(key=key, **neighbours))
    return canonical.serialize(proof)


def path(read: ReadPage, root: Node | None, key: bytes) -> list[Step]:
    """Return the way from the leaf of a record that exists to the root; see `prove`."""
    trail, leaf = ([], None) if root is None else _descend(read, root, sha256(key).digest())
    if leaf is None or leaf.key != key:
        raise NotProvable(f"there is no leaf of {key.hex()}")
    return _steps(trail)


def _descend(read: ReadPage, root: Node, key_hash: bytes) -> tuple[Trail, Leaf | None]:
    """Follow a key's hash until there is no page below."""
    trail: Trail = []
    node: Node | None = root
    while isinstance(node, Child):
        depth = len(trail)
        page = Page(read(page_key(node.version, page_path(depth, key_hash))))
        number = nibble(key_hash, depth)
        trail.append((page, number))
        node = page.slot(number)
    return trail, node


def _neighbour(
    read: ReadPage, trail: Trail, leaf: Leaf | None, key_hash: bytes, side: Side
) -> tuple[Trail, Leaf] | None:
    """Find the leaf next to an absent key, None if the key lies beyond all leaves."""
    if leaf is not None and (sha256(leaf.key).digest() < key_hash) == (side == "left"):
        return trail, leaf
    for depth in range(len(trail) - 1, -1, -1):
        page, number = trail[depth]
        beside = (
            page.exists & ((1 << number) - 1) if side == "left" else page.exists >> number + 1 << number + 1
        )
        if beside:
            return _outermost(read, trail[:depth], page, _pick(beside, side), key_hash, side)
    return None


def _outermost(
    read: ReadPage, trail: Trail, page: Page, number: int, key_hash: bytes, side: Side
) -> tuple[Trail, Leaf]:
    """Go into a slot and on to its last leaf, for a neighbour on the left, or its first."""
    while True:
        key_hash = with_nibble(key_hash, len(trail), number)
        trail.append((page, number))
        node = page.slot(number)
        if isinstance(node, Leaf):
            return trail, node
        assert node is not None  # noqa: S101 - only slots that exist are picked
        page = Page(read(page_key(node.version, page_path(len(trail), key_hash))))
        number = _pick(page.exists, side)


def _pick(slots: int, side: Side) -> int:
    """Return the slot nearest to a key that lies to the right (`side` left) or left of them all."""
    return slots.bit_length() - 1 if side == "left" else (slots & -slots).bit_length() - 1


def _steps(trail: Trail) -> list[Step]:
    """Return the path from the leaf at the end of a trail to the root."""
    steps: list[Step] = []
    for page, number in reversed(trail):
        for level in range(4):
            sibling = page.run_hash((number >> level ^ 1) << level, 1 << level)
            # A leaf that is alone in its subtree is the subtree.
            if steps or sibling != EMPTY:
                steps.append(Step(number >> level & 1, sibling))
    return steps
