"""The verifier against proofs made from the definition, and against the implementations in Go and Rust."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from hashlib import sha256

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from tests.state.ics23_reference import Claim, accepted, reference_verdicts
from tests.state.naive_tree import naive_path, naive_root

from assay.proto.ics23_pb2 import (
    NO_HASH,
    CommitmentProof,
    ExistenceProof,
    InnerOp,
    LeafOp,
    NonExistenceProof,
)
from assay.state.rules import ics23
from assay.state.rules.ics23 import EMPTY, MAX_DEPTH, MAX_PROOF_BYTES, ProofError, Step

RECORDS = {b"key%d" % number: b"value%d" % number for number in range(200)}
IN_ORDER = sorted(RECORDS, key=lambda key: sha256(key).digest())
TREE_ROOT = naive_root(RECORDS)


def exists(key: bytes) -> ExistenceProof:
    return ics23.existence_proof(key, RECORDS[key], naive_path(RECORDS, key))


def present(key: bytes) -> Claim:
    return Claim(TREE_ROOT, key, RECORDS[key], CommitmentProof(exist=exists(key)).SerializeToString())


def absent(key: bytes) -> Claim:
    place = sum(sha256(other).digest() < sha256(key).digest() for other in IN_ORDER)
    proof = NonExistenceProof(key=key)
    if place:
        proof.left.CopyFrom(exists(IN_ORDER[place - 1]))
    if place < len(IN_ORDER):
        proof.right.CopyFrom(exists(IN_ORDER[place]))
    return Claim(TREE_ROOT, key, None, CommitmentProof(nonexist=proof).SerializeToString())


def between(place: int) -> bytes:
    """A key whose place is before that of `IN_ORDER[place]` and after the one before."""
    low = sha256(IN_ORDER[place - 1]).digest() if place else b""
    high = sha256(IN_ORDER[place]).digest() if place < len(IN_ORDER) else b"\xff" * 33
    return next(key for key in map(b"absent%d".__mod__, range(10**6)) if low < sha256(key).digest() < high)


@pytest.fixture(params=["go", "rust"])
def language(request: pytest.FixtureRequest) -> str:
    """Each implementation that is not ours."""
    return str(request.param)


GENUINE = [
    *map(present, IN_ORDER[:30]),
    *(absent(between(place)) for place in (0, 1, 50, 100, 199, 200)),
]


def test_genuine_proofs_are_accepted_by_all(language: str) -> None:
    assert all(map(accepted, GENUINE))
    assert all(reference_verdicts(GENUINE, language))


def changed(claim: Claim, change: Callable[[CommitmentProof], object]) -> Claim:
    proof = CommitmentProof.FromString(claim.proof)
    change(proof)
    return claim._replace(proof=proof.SerializeToString())


def path(*fields: str) -> Callable[[CommitmentProof], ExistenceProof]:
    def find(proof: CommitmentProof) -> ExistenceProof:
        found: Message = proof
        for field in fields:
            found = getattr(found, field)
        assert isinstance(found, ExistenceProof)
        return found

    return find


def spoiled_existence(claim: Claim, find: Callable[[CommitmentProof], ExistenceProof]) -> Iterator[Claim]:
    """Every way in which one record's part of a proof can be wrong."""

    def set_leaf(**fields: object) -> Claim:
        return changed(claim, lambda proof: find(proof).leaf.MergeFrom(LeafOp(**fields)))  # type: ignore[arg-type]

    yield set_leaf(prefix=b"\x01")
    yield set_leaf(prefix=b"\x00\x00")
    yield changed(claim, lambda proof: setattr(find(proof).leaf, "hash", NO_HASH))
    yield changed(claim, lambda proof: setattr(find(proof).leaf, "prehash_key", NO_HASH))
    yield changed(claim, lambda proof: setattr(find(proof).leaf, "prehash_value", NO_HASH))
    yield changed(claim, lambda proof: setattr(find(proof).leaf, "length", 1))
    yield changed(claim, lambda proof: setattr(find(proof).leaf, "hash", 2))
    yield changed(claim, lambda proof: find(proof).ClearField("leaf"))
    yield changed(claim, lambda proof: find(proof).ClearField("path"))
    yield changed(claim, lambda proof: find(proof).ClearField("key"))
    yield changed(claim, lambda proof: find(proof).ClearField("value"))
    yield changed(claim, lambda proof: setattr(find(proof), "value", b"another"))
    yield changed(claim, lambda proof: find(proof).path.append(find(proof).path[-1]))
    yield changed(claim, lambda proof: find(proof).path.pop())
    yield changed(claim, lambda proof: find(proof).path.pop(0))
    yield changed(claim, lambda proof: find(proof).path.reverse())
    yield changed(claim, lambda proof: setattr(find(proof).path[0], "hash", NO_HASH))
    yield changed(claim, lambda proof: setattr(find(proof).path[0], "hash", 3))
    for index in range(len(find(CommitmentProof.FromString(claim.proof)).path)):
        yield changed(claim, lambda proof, index=index: turn(find(proof).path[index]))  # type: ignore[misc]
        yield changed(claim, lambda proof, index=index: swell(find(proof).path[index]))  # type: ignore[misc]
        yield changed(claim, lambda proof, index=index: setattr(find(proof).path[index], "prefix", b""))  # type: ignore[misc]
        yield changed(claim, lambda proof, index=index: blank(find(proof).path[index]))  # type: ignore[misc]


def turn(op: InnerOp) -> None:
    """The sibling on the other side."""
    if op.suffix:
        op.prefix, op.suffix = op.prefix + op.suffix, b""
    else:
        op.prefix, op.suffix = op.prefix[:1], op.prefix[1:]


def swell(op: InnerOp) -> None:
    op.suffix += bytes(32)


def alone(proof: CommitmentProof) -> None:
    """No neighbour at all."""
    proof.nonexist.ClearField("left")
    proof.nonexist.ClearField("right")


def blank(op: InnerOp) -> None:
    """An empty sibling in place of the real one."""
    if op.suffix:
        op.suffix = EMPTY
    else:
        op.prefix = op.prefix[:1] + EMPTY


def spoiled() -> Iterator[Claim]:
    one, other = present(IN_ORDER[10]), present(IN_ORDER[11])
    yield from spoiled_existence(one, path("exist"))
    yield one._replace(key=other.key)
    yield one._replace(value=other.value)
    yield one._replace(root=other.proof[:32])
    yield one._replace(root=EMPTY)
    yield one._replace(proof=b"")
    yield one._replace(proof=b"\xff" * 40)
    yield one._replace(value=None)
    yield one._replace(key=between(7), value=None)
    gap = absent(between(100))
    yield from spoiled_existence(gap, path("nonexist", "left"))
    yield from spoiled_existence(gap, path("nonexist", "right"))
    yield gap._replace(value=b"value")
    yield gap._replace(root=EMPTY)
    yield gap._replace(key=IN_ORDER[99])
    yield gap._replace(key=IN_ORDER[100])
    yield gap._replace(key=between(7))
    yield changed(gap, lambda proof: proof.nonexist.ClearField("left"))
    yield changed(gap, lambda proof: proof.nonexist.ClearField("right"))
    yield changed(gap, alone)
    yield changed(gap, lambda proof: proof.nonexist.left.CopyFrom(exists(IN_ORDER[98])))
    yield changed(gap, lambda proof: proof.nonexist.right.CopyFrom(exists(IN_ORDER[101])))
    yield changed(gap, lambda proof: proof.nonexist.left.CopyFrom(proof.nonexist.right))
    yield changed(gap, lambda proof: proof.nonexist.right.CopyFrom(proof.nonexist.left))
    for place in (0, 200):
        edge = absent(between(place))
        yield edge._replace(key=IN_ORDER[min(place, 199)])
        yield edge._replace(key=between(100))


# Blanking a sibling that is empty spoils nothing.
SPOILED = [claim for claim in spoiled() if claim not in (present(IN_ORDER[10]), absent(between(100)))]


def test_spoiled_proofs_are_refused_by_all(language: str) -> None:
    assert len(SPOILED) > 100
    assert not any(map(accepted, SPOILED))
    assert not any(reference_verdicts(SPOILED, language))


def test_a_proof_hiding_a_record_between_the_neighbours_is_refused_by_all(language: str) -> None:
    claims = []
    for place in range(1, len(IN_ORDER) - 1):
        hidden = NonExistenceProof(
            key=IN_ORDER[place], left=exists(IN_ORDER[place - 1]), right=exists(IN_ORDER[place + 1])
        )
        proof = CommitmentProof(nonexist=hidden).SerializeToString()
        claims.append(Claim(TREE_ROOT, IN_ORDER[place], None, proof))
    for place, side in ((0, "right"), (199, "left")):
        neighbour = exists(IN_ORDER[1 if side == "right" else 198])
        proof = CommitmentProof(
            nonexist=NonExistenceProof(key=IN_ORDER[place], **{side: neighbour})
        ).SerializeToString()
        claims.append(Claim(TREE_ROOT, IN_ORDER[place], None, proof))
    assert not any(map(accepted, claims))
    assert not any(reference_verdicts(claims, language))


def test_random_damage_is_accepted_only_where_the_others_accept(seed: int, language: str) -> None:
    draw = random.Random(seed)
    claims = []
    for _ in range(2000):
        claim = draw.choice(GENUINE)
        data = bytearray(claim.proof)
        for _ in range(draw.choice((1, 1, 2, 5))):
            at = draw.randrange(len(data))
            match draw.randrange(3):
                case 0:
                    data[at] ^= 1 << draw.randrange(8)
                case 1:
                    del data[at : at + draw.randrange(1, 40)]
                case _:
                    data[at:at] = draw.randbytes(draw.randrange(1, 40))
        if data and bytes(data) != claim.proof:
            claims.append(claim._replace(proof=bytes(data)))
    reference = reference_verdicts(claims, language)
    assert not any(accepted(claim) and not verdict for claim, verdict in zip(claims, reference, strict=True))
    # This tree leaves a proof no freedom at all.
    assert not any(map(accepted, claims))


@pytest.mark.parametrize("claim", [present(IN_ORDER[3]), absent(between(100))], ids=["present", "absent"])
def test_only_the_canonical_encoding_is_accepted(claim: Claim, language: str) -> None:
    unknown = claim._replace(proof=claim.proof + b"\x7a\x01x")
    repeated = claim._replace(proof=claim.proof + claim.proof)
    assert not accepted(unknown)
    assert not accepted(repeated)
    assert reference_verdicts([unknown], language) == [True]  # the stock verifier is more lenient here


def test_a_proof_that_names_another_absent_key_is_refused() -> None:
    claim = absent(between(100))
    assert not accepted(changed(claim, lambda proof: setattr(proof.nonexist, "key", b"other")))


def test_proofs_are_bounded_before_they_are_parsed() -> None:
    with pytest.raises(ProofError, match="at most"):
        ics23.verify_membership(TREE_ROOT, b"key", b"value", bytes(MAX_PROOF_BYTES + 1))


def long_proof(length: int) -> Claim:
    """A proof that is right but for its length: 256 bits place a leaf, so no tree has a longer path."""
    key, value = b"key", b"value"
    key_hash = sha256(key).digest()
    node = ics23.leaf_hash(key_hash, value)
    steps = []
    for depth in range(length - 1, -1, -1):
        step = Step(ics23.bit(key_hash, depth % 256), bytes([depth % 251 + 1]) * 32)
        node = ics23.inner_hash(step.sibling, node) if step.right else ics23.inner_hash(node, step.sibling)
        steps.append(step)
    proof = CommitmentProof(exist=ics23.existence_proof(key, value, steps))
    return Claim(node, key, value, proof.SerializeToString())


def test_paths_are_bounded_by_the_bits_of_a_hash() -> None:
    claims = [long_proof(MAX_DEPTH), long_proof(MAX_DEPTH + 1)]
    assert list(map(accepted, claims)) == [True, False]
    assert reference_verdicts(claims, "go") == [True, False]  # the Rust crate does not bound them


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(ProofError):
        ics23.verify_membership(TREE_ROOT, b"key1", b"value1", data)
    with pytest.raises(ProofError):
        ics23.verify_non_membership(TREE_ROOT, b"absent", data)
