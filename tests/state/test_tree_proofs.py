"""Every proof the store gives is accepted by our verifier and by the reference implementation."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from tests.state.ics23_reference import Claim, accepted, reference_verdicts
from tests.state.naive_tree import naive_path, naive_root

from assay.proto.ics23_pb2 import CommitmentProof
from assay.state.store import NotProvable, Store


def records(count: int) -> dict[bytes, bytes]:
    return {b"key%d" % number: b"value%d" % number for number in range(count)}


def store_of(directory: Path, held: dict[bytes, bytes]) -> Store:
    store = Store.open(directory, create=True)
    store.commit(store.prepare(1, held))
    return store


def claims_about(store: Store, asked: list[bytes], version: int) -> list[Claim]:
    root = store.root_at(version)
    return [Claim(root, key, store.get_at(key, version), store.prove(key, version)) for key in asked]


def check(claims: list[Claim]) -> None:
    assert all(map(accepted, claims))
    assert all(reference_verdicts(claims))


@pytest.mark.parametrize("count", [1, 2, 3, 16, 17, 300, 4000])
def test_existence_and_absence_are_proven_in_trees_of_every_size(tmp_path: Path, count: int) -> None:
    held = records(count)
    with store_of(tmp_path, held) as store:
        asked = [*list(held)[:60], *(b"absent%d" % number for number in range(60))]
        claims = claims_about(store, asked, 1)
    assert [claim.value is None for claim in claims].count(True) == 60
    check(claims)


def test_absence_is_proven_at_both_edges_and_between_neighbours(tmp_path: Path) -> None:
    held = records(30)
    places = sorted(sha256(key).digest() for key in held)
    asked = [b"absent%d" % number for number in range(3000)]
    left = [key for key in asked if sha256(key).digest() < places[0]]
    right = [key for key in asked if sha256(key).digest() > places[-1]]
    between = [key for key in asked if places[0] < sha256(key).digest() < places[-1]][:300]
    assert left
    assert right
    with store_of(tmp_path, held) as store:
        claims = claims_about(store, [*left, *right, *between], 1)
    check(claims)
    for claim in claims:
        proof = CommitmentProof.FromString(claim.proof).nonexist
        assert proof.HasField("left") == (claim.key not in left)
        assert proof.HasField("right") == (claim.key not in right)


def test_a_single_leaf_is_proven_by_an_empty_path(tmp_path: Path) -> None:
    with store_of(tmp_path, {b"only": b"record"}) as store:
        claims = claims_about(store, [b"only", *(b"absent%d" % number for number in range(2000))], 1)
    assert not CommitmentProof.FromString(claims[0].proof).exist.path
    absences = [CommitmentProof.FromString(claim.proof).nonexist for claim in claims[1:]]
    sides = {(absence.HasField("left"), absence.HasField("right")) for absence in absences}
    assert sides == {(True, False), (False, True)}
    check(claims)


def test_absence_from_an_empty_tree_has_no_proof(tmp_path: Path) -> None:
    with store_of(tmp_path, {}) as store:
        assert store.root == bytes(32)
        with pytest.raises(NotProvable, match="empty tree"):
            store.prove(b"key", 1)
        with pytest.raises(NotProvable, match="empty tree"):
            store.prove(b"key", 0)
    nothing = CommitmentProof()
    nothing.nonexist.key = b"key"
    claim = Claim(bytes(32), b"key", None, nothing.SerializeToString())
    assert not accepted(claim)
    assert reference_verdicts([claim]) == [False]


def test_a_proof_has_exactly_the_path_of_the_definition(tmp_path: Path) -> None:
    held = records(500)
    with store_of(tmp_path, held) as store:
        assert store.root == naive_root(held)
        for key in list(held)[:50]:
            ops = CommitmentProof.FromString(store.prove(key, 1)).exist.path
            found = [(1, op.prefix[1:]) if not op.suffix else (0, op.suffix) for op in ops]
            assert found == naive_path(held, key)


def test_kept_versions_are_proven_as_they_were(tmp_path: Path) -> None:
    """Neighbours may have been deleted or changed since."""
    asked = [b"key%d" % number for number in range(40)]
    claims = []
    with Store.open(tmp_path, create=True, retain_versions=4) as store:
        for version in range(1, 12):
            changes: dict[bytes, bytes | None] = {
                key: None if (number * version) % 3 == 0 else b"value%d" % version
                for number, key in enumerate(asked)
                if (number + version) % 2
            }
            store.commit(store.prepare(version, changes))
            for kept in range(max(1, store.oldest_version), version + 1):
                claims += claims_about(store, asked, kept)
    assert {claim.value is None for claim in claims} == {True, False}
    check(claims)


def test_tampered_proofs_of_the_store_fail_in_both(tmp_path: Path) -> None:
    held = records(100)
    tampered = []
    with store_of(tmp_path, held) as store:
        store.commit(store.prepare(2, {b"key1": b"changed", b"key2": None}))
        for key in (b"key1", b"key2", b"key3", b"absent"):
            now, before = claims_about(store, [key], 2)[0], claims_about(store, [key], 1)[0]
            tampered += [now._replace(root=before.root), before._replace(root=now.root)]
            tampered += [now._replace(value=b"forged"), now._replace(key=b"key50")]
            tampered.append(now._replace(value=None) if now.value else now._replace(value=held[b"key50"]))
            flipped = bytearray(now.proof)
            flipped[-1] ^= 1
            tampered.append(now._replace(proof=bytes(flipped)))
    assert not any(map(accepted, tampered))
    assert not any(reference_verdicts(tampered))
