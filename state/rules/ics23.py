"""Proofs that a record stands, or does not stand, under an app hash (ICS-23).

Pure functions and the constants of the tree's hashing, needed by the store that
makes proofs and by the client that checks them. The tree is the one that
ICS-23 calls ``SmtSpec``, so any stock verifier checks the same proofs:

- leaf  = SHA-256(0x00 || SHA-256(key) || SHA-256(value))
- inner = SHA-256(0x01 || left || right)
- an empty subtree is 32 zero bytes, a subtree with a single leaf is that leaf;
- a leaf's place is given by the bits of SHA-256(key), highest bit first.

This verifier accepts less than the stock one: only the canonical encoding, only
a bounded size, only paths that follow the bits of the key's hash.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final, NamedTuple

from assay.proto import canonical
from assay.proto.ics23_pb2 import NO_PREFIX, SHA256, CommitmentProof, ExistenceProof, InnerOp, LeafOp

LEAF_PREFIX: Final = b"\x00"
INNER_PREFIX: Final = b"\x01"
HASH_BYTES: Final = 32
EMPTY: Final = bytes(HASH_BYTES)
"""The hash that stands for an empty subtree, and the root of an empty tree."""

MAX_KEY_BYTES: Final = 255
MAX_VALUE_BYTES: Final = 1 << 18
"""Bounds on a record. A proof of absence carries two records, so they also bound a proof."""
MAX_DEPTH: Final = 256
MAX_PROOF_BYTES: Final = 1 << 20
"""More than two records of the largest size, and two paths of the greatest depth."""

PROOF_OP_TYPE: Final = "ics23:smt"
"""Type of the proof operation in an ABCI query's answer; its data is one `CommitmentProof`."""

_LEAF_OP: Final = LeafOp(
    hash=SHA256, prehash_key=SHA256, prehash_value=SHA256, length=NO_PREFIX, prefix=LEAF_PREFIX
)


class ProofError(ValueError):
    """A proof does not show what it was given for."""


class Step(NamedTuple):
    """One level of a path, from a node to its parent."""

    right: int
    """1 if the node is its parent's right child, 0 if it is the left."""
    sibling: bytes
    """Hash of the parent's other child, 32 bytes."""


def leaf_hash(key_hash: bytes, value: bytes) -> bytes:
    """Return the hash of a record's leaf, from SHA-256(key) and the value."""
    return sha256(LEAF_PREFIX + key_hash + sha256(value).digest()).digest()


def inner_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node from those of its children, `EMPTY` for none."""
    return sha256(INNER_PREFIX + left + right).digest()


def bit(key_hash: bytes, depth: int) -> int:
    """Return the bit of a key's hash that decides below `depth` (0 = at the root): 1 is right."""
    return key_hash[depth >> 3] >> (7 - (depth & 7)) & 1


def common_bits(one: bytes, other: bytes) -> int:
    """Return how many leading bits two different hashes share."""
    difference = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return 8 * HASH_BYTES - difference.bit_length()


def existence_proof(key: bytes, value: bytes, path: list[Step]) -> ExistenceProof:
    """Return the message that proves a record by its path, from the leaf to the root."""
    steps = [_inner_op(step) for step in path]
    return ExistenceProof(key=key, value=value, leaf=_LEAF_OP, path=steps)


def verify_membership(root: bytes, key: bytes, value: bytes, proof: bytes) -> None:
    """Check that a record stands in the state with this root.

    Parameters
    ----------
    root
        App hash, 32 bytes.
    key, value
        The record.
    proof
        Untrusted bytes: an encoded `CommitmentProof` of existence.

    Raises
    ------
    ProofError
        If the proof does not show it.
    """
    commitment = _parse(proof)
    if commitment.WhichOneof("proof") != "exist":
        raise ProofError("the proof is not one of existence")
    if commitment.exist.key != key:
        raise ProofError("the proof is about another key than the one asked for")
    if commitment.exist.value != value:
        raise ProofError("the proof is about another value than the one given")
    _check_existence(root, commitment.exist)


def verify_non_membership(root: bytes, key: bytes, proof: bytes) -> None:
    """Check that no record stands under a key in the state with this root.

    Parameters
    ----------
    root
        App hash, 32 bytes.
    key
        The key that should be absent.
    proof
        Untrusted bytes: an encoded `CommitmentProof` of absence. It shows the
        records next to the key's place, which are each other's neighbours.

    Raises
    ------
    ProofError
        If the proof does not show it.
    """
    commitment = _parse(proof)
    if commitment.WhichOneof("proof") != "nonexist":
        raise ProofError("the proof is not one of absence")
    absent = commitment.nonexist
    if absent.key != key:
        raise ProofError("the proof is about another key than the one asked for")
    key_hash = sha256(key).digest()
    left = _neighbour(root, absent.left) if absent.HasField("left") else None
    right = _neighbour(root, absent.right) if absent.HasField("right") else None
    if left is not None and left.key_hash >= key_hash:
        raise ProofError("the left neighbour does not lie left of the key")
    if right is not None and right.key_hash <= key_hash:
        raise ProofError("the right neighbour does not lie right of the key")
    _check_adjacent(left, right)


class _Neighbour(NamedTuple):
    key_hash: bytes
    path: list[Step]  # from the leaf to the root


def _parse(proof: bytes) -> CommitmentProof:
    try:
        return canonical.parse(CommitmentProof, proof, MAX_PROOF_BYTES)
    except canonical.NotCanonical as error:
        raise ProofError(f"the proof is malformed: {error}") from None


def _check_adjacent(left: _Neighbour | None, right: _Neighbour | None) -> None:
    """Check that no leaf lies between two neighbours; None is the tree's edge."""
    if left is None and right is None:
        raise ProofError("the proof shows no neighbour of the key")
    split = 0
    if left is not None and right is not None:
        split = common_bits(left.key_hash, right.key_hash) + 1
    for name, neighbour, outward in (("left", left, 1), ("right", right, 0)):
        if neighbour is None:
            continue
        if len(neighbour.path) < split:
            raise ProofError(f"the {name} neighbour's path ends above the place where the two part")
        below = neighbour.path[: len(neighbour.path) - split]
        if any(step.right != outward and step.sibling != EMPTY for step in below):
            raise ProofError(f"another record lies between the key and its {name} neighbour")


def _neighbour(root: bytes, proof: ExistenceProof) -> _Neighbour:
    return _Neighbour(sha256(proof.key).digest(), _check_existence(root, proof))


def _check_existence(root: bytes, proof: ExistenceProof) -> list[Step]:
    """Check one record's proof against the root and return its path."""
    if not proof.key or not proof.value:
        raise ProofError("a record in the proof has an empty key or value")
    if proof.leaf != _LEAF_OP:
        raise ProofError("a leaf in the proof is not hashed as this tree hashes leaves")
    if len(proof.path) > MAX_DEPTH:
        raise ProofError(f"a path in the proof has {len(proof.path)} steps; at most {MAX_DEPTH} can stand")
    key_hash = sha256(proof.key).digest()
    path = [_step(op) for op in proof.path]
    node = leaf_hash(key_hash, proof.value)
    for depth, step in zip(range(len(path) - 1, -1, -1), path, strict=True):
        if step.right != bit(key_hash, depth):
            raise ProofError("a path in the proof does not follow the bits of its key's hash")
        node = inner_hash(step.sibling, node) if step.right else inner_hash(node, step.sibling)
    if node != root:
        raise ProofError("the proof leads to another root than the one given")
    return path


def _inner_op(step: Step) -> InnerOp:
    if step.right:
        return InnerOp(hash=SHA256, prefix=INNER_PREFIX + step.sibling)
    return InnerOp(hash=SHA256, prefix=INNER_PREFIX, suffix=step.sibling)


def _step(op: InnerOp) -> Step:
    if op.hash == SHA256 and op.prefix[:1] == INNER_PREFIX:
        if len(op.prefix) == 1 and len(op.suffix) == HASH_BYTES:
            return Step(0, op.suffix)
        if len(op.prefix) == 1 + HASH_BYTES and not op.suffix:
            return Step(1, op.prefix[1:])
    raise ProofError("a step in the proof is not hashed as this tree hashes inner nodes")
