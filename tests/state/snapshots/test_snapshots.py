"""Whole snapshots: taken from a store, and made a store again that goes on as if it had always been there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.state.snapshots.states import State, Taken, random_state, restore, stored, take

from assay.proto.state_pb2 import Key, Round
from assay.state.rules import keys
from assay.state.rules.ics23 import verify_membership, verify_non_membership
from assay.state.snapshots.errors import BadChunk, BadSnapshot
from assay.state.snapshots.format import MAX_CHUNK_BYTES, Manifest, encode_bulk
from assay.state.snapshots.restore import Restoration
from assay.state.store import Corrupt, Store, StoreError, VersionNotKept, layout

seeds = st.integers(0, 2**32).map(Random)


def begin(taken: Taken, path: Path, manifest: Manifest | None = None) -> Restoration:
    return Restoration(manifest or taken.manifest, taken.manifest.root, taken.manifest.height, path)


def relabelled(taken: Taken, index: int, chunk: bytes) -> Taken:
    """A snapshot whose manifest states another chunk's digest: its maker lies from the start."""
    chunks = [*taken.chunks[:index], chunk, *taken.chunks[index + 1 :]]
    digests = tuple(sha256(each).digest() for each in chunks)
    return Taken(replace(taken.manifest, digests=digests), chunks)


@given(seeds)
@hypothesis.settings(max_examples=60)
def test_a_restored_store_holds_the_same_and_goes_on_the_same(rng: Random) -> None:
    state = random_state(rng)
    with TemporaryDirectory() as name, stored(Path(name) / "first", state) as first:
        taken = take(first, rng.choice([1, 400, 1 << 19]))
        with restore(taken, Path(name) / "second") as second:
            assert (second.version, second.oldest_version, second.root) == (5, 5, first.root)
            assert dict(second.iterate()) == state.records
            assert {place: second.get_bulk(*place) for place in second.bulk_places()} == state.bulk
            for version in (6, 7, 8):
                changes = {key: rng.randbytes(5) for key in rng.sample(sorted(state.records), 1)}
                changes[b"new%d" % rng.randrange(9)] = b"value"
                dropped = rng.choice([[], [keys.key_scope(1)]])
                for store in (first, second):
                    store.commit(store.prepare(version, changes, {}, dropped))
                assert first.root == second.root
            second.verify()
            check_proofs(second)
            second.rollback()
            second.rollback()
            assert second.root == first.root_at(6)
            second.verify()


def check_proofs(store: Store) -> None:
    """Every kept version can be read and proven; the ones before the snapshot are not there."""
    for version in range(store.oldest_version, store.version + 1):
        key = keys.PARAMS
        value = store.get_at(key, version)
        assert value is not None
        verify_membership(store.root_at(version), key, value, store.prove(key, version))
        verify_non_membership(store.root_at(version), b"absent", store.prove(b"absent", version))
    with pytest.raises(VersionNotKept):
        store.root_at(store.oldest_version - 1)


@given(seeds)
@hypothesis.settings(max_examples=40)
def test_two_nodes_with_other_pasts_take_the_same_snapshot(rng: Random) -> None:
    state = random_state(rng)
    with TemporaryDirectory() as name, stored(Path(name) / "first", state) as first:
        with Store.open(Path(name) / "second", create=True, retain_versions=2) as second:
            order = rng.sample(sorted(state.records), len(state.records))
            half = {key: state.records[key] for key in order[: len(order) // 2]}
            second.commit(second.prepare(1, {**half, b"other": b"past"}, {(b"x", sha256(b"").digest()): b""}))
            second.commit(second.prepare(2, {b"other": None}, {}, [b"x"]))
            second.commit(second.prepare(3, state.records, state.bulk))
            second.commit(second.prepare(4, {b"more": b"1"}))
            second.commit(second.prepare(5, {b"more": None}))
            assert take(first) == take(second)
        with restore(take(first), Path(name) / "third") as third:
            assert take(third) == take(first)


@given(seeds)
@hypothesis.settings(max_examples=60)
def test_every_changed_byte_is_refused(rng: Random) -> None:
    """By the digest in the manifest; and, where the manifest lies too, by the app hash."""
    with TemporaryDirectory() as name, stored(Path(name) / "first", random_state(rng)) as first:
        taken = take(first)
        at = rng.randrange(len(taken.chunks))
        changed = bytearray(taken.chunks[at])
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        lie = relabelled(taken, at, bytes(changed))
        one, other = begin(taken, Path(name) / "one"), begin(taken, Path(name) / "other", lie.manifest)
        for index in range(at):
            one.apply(index, taken.chunks[index])
            other.apply(index, taken.chunks[index])
        with pytest.raises(BadChunk, match="does not have the digest"):
            one.apply(at, bytes(changed))
        with pytest.raises(BadSnapshot):
            other.apply(at, bytes(changed))
        # Nothing is lost: the right chunk goes on where the wrong one was refused.
        for index in range(at, len(taken.chunks)):
            one.apply(index, taken.chunks[index])
        one.finish()
        other.close()
        with Store.open(Path(name) / "one") as store:
            assert store.root == first.root


@pytest.fixture
def taken(tmp_path: Path) -> Taken:
    with stored(tmp_path / "source", with_key(State({}, {}))) as store:
        return take(store, 1)


def with_key(state: State) -> State:
    """Two records, and two byte strings that they call for."""
    digests = []
    for data in (b"public part", b"relinearisation key"):
        digests.append(sha256(data).digest())
        state.bulk[keys.key_scope(1), digests[-1]] = data
    key = Key(id=1, public_key=digests[0], relin_key=digests[1])
    state.records |= {keys.PARAMS: b"params", keys.committee_key(1): key.SerializeToString()}
    return state


def test_a_chunk_a_record_and_a_chunk_a_byte_string(taken: Taken) -> None:
    assert len(taken.chunks) == 4
    assert taken.manifest.record_chunks == 2


@pytest.mark.parametrize("field", ["height", "root"])
def test_a_snapshot_of_another_state_is_refused(taken: Taken, tmp_path: Path, field: str) -> None:
    other = {"height": 6, "root": bytes(32)}[field]
    with pytest.raises(BadSnapshot, match="not of height 5"):
        begin(taken, tmp_path / "made", replace(taken.manifest, **{field: other}))


def test_chunks_come_in_order(taken: Taken, tmp_path: Path) -> None:
    made = begin(taken, tmp_path / "made")
    with pytest.raises(BadChunk, match="out of turn"):
        made.apply(1, taken.chunks[1])
    made.apply(0, taken.chunks[0])
    with pytest.raises(BadChunk, match="out of turn"):
        made.apply(0, taken.chunks[0])
    made.close()


def test_a_chunk_after_the_last_is_refused(taken: Taken, tmp_path: Path) -> None:
    made = begin(taken, tmp_path / "made")
    for index, chunk in enumerate(taken.chunks):
        made.apply(index, chunk)
    with pytest.raises(BadChunk, match="out of turn"):
        made.apply(4, taken.chunks[0])
    made.close()


def test_a_chunk_too_long_is_refused_before_it_is_hashed(taken: Taken, tmp_path: Path) -> None:
    long = bytes(MAX_CHUNK_BYTES + 1)
    made = begin(taken, tmp_path / "made", relabelled(taken, 0, long).manifest)
    with pytest.raises(BadChunk):
        made.apply(0, long)
    made.close()


def test_bytes_that_no_record_calls_for_are_refused(taken: Taken, tmp_path: Path) -> None:
    more = relabelled(taken, 4, encode_bulk([b"unasked"]))
    made = begin(taken, tmp_path / "made", more.manifest)
    for index in range(4):
        made.apply(index, more.chunks[index])
    with pytest.raises(BadSnapshot, match="no record calls for"):
        made.apply(4, more.chunks[4])
    made.close()


@pytest.mark.parametrize("chunks", [2, 3])
def test_a_snapshot_without_bytes_that_a_record_calls_for_is_refused(
    taken: Taken, tmp_path: Path, chunks: int
) -> None:
    less = replace(taken.manifest, digests=taken.manifest.digests[:chunks])
    made = begin(taken, tmp_path / "made", less)
    for index in range(chunks):
        made.apply(index, taken.chunks[index])
    with pytest.raises(BadSnapshot, match="lacks"):
        made.finish()
    made.close()


def test_an_unfinished_restoration_is_no_store(taken: Taken, tmp_path: Path) -> None:
    made = begin(taken, tmp_path / "made")
    for index, chunk in enumerate(taken.chunks):
        made.apply(index, chunk)
    made.close()
    with pytest.raises(Corrupt, match="does not say of which version"):
        Store.open(tmp_path / "made")


def test_a_restoration_does_not_write_over_something(taken: Taken, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "file").touch()
    with pytest.raises(StoreError, match="not empty"):
        begin(taken, tmp_path / "made")


def test_a_damaged_store_gives_no_snapshot(tmp_path: Path) -> None:
    state = with_key(State({b"a%d" % number: b"value" for number in range(50)}, {}))
    with stored(tmp_path / "source", state) as store:
        place = layout.BULK + layout.place(*next(iter(state.bulk)))
        store._db.put(place, b"other")
        with pytest.raises(Corrupt, match="missing or damaged"):
            take(store)
        store._db.put(layout.RECORD + b"a7", b"other")
        with pytest.raises(Corrupt, match="is not the one in the tree"):
            take(store)
        store._db.delete(layout.RECORD + b"a7")
        with pytest.raises(Corrupt, match="is not the one in the tree"):
            take(store)


def test_a_frozen_version_stays_while_blocks_go_on(tmp_path: Path) -> None:
    with stored(tmp_path / "source", with_key(State({}, {}))) as store:
        before, frozen = take(store), store.freeze()
        for version in range(6, 20):
            record = Round(id=version).SerializeToString()
            store.commit(store.prepare(version, {keys.round_(version): record}, {}, [keys.key_scope(1)]))
        with frozen:
            assert (frozen.version, frozen.root) == (5, before.manifest.root)
            assert dict(frozen.iterate()) == dict(frozen.in_tree_order())
            assert frozen.get_bulk(keys.key_scope(1), sha256(b"public part").digest()) == b"public part"


# --- taking a store's place ----------------------------------------------------------------


def test_a_new_store_becomes_the_restored_one(taken: Taken, tmp_path: Path) -> None:
    restore(taken, tmp_path / "made").close()
    with Store.open(tmp_path / "store", create=True) as store:
        store.replace(tmp_path / "made")
        assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700
        assert (store.version, store.root) == (5, taken.manifest.root)
        assert store.get(keys.PARAMS) == b"params"
        store.commit(store.prepare(6, {b"next": b"1"}))
    with Store.open(tmp_path / "store") as again:
        assert again.version == 6
        again.verify()
    assert not (tmp_path / "made").exists()


def test_a_restored_store_that_has_executed_nothing_may_be_replaced_again(
    taken: Taken, tmp_path: Path
) -> None:
    restore(taken, tmp_path / "one").close()
    restore(taken, tmp_path / "two").close()
    with Store.open(tmp_path / "one") as store:
        store.replace(tmp_path / "two")
        store.commit(store.prepare(6, {b"next": b"1"}))
        restore(taken, tmp_path / "three").close()
        with pytest.raises(StoreError, match="not to be replaced"):
            store.replace(tmp_path / "three")
        assert store.version == 6


class Killed(BaseException):
    """Stands for the end of the process."""


@contextmanager
def killed_at(step: int) -> Iterator[None]:
    """End at the step-th change of a directory."""
    steps = count()

    def dying(change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*args: Any, **kwargs: Any) -> Any:
            if next(steps) == step:
                raise Killed
            return change(*args, **kwargs)

        return changed

    with pytest.MonkeyPatch.context() as patch, suppress(Killed):
        for name in ("rename", "replace", "unlink", "rmdir"):
            patch.setattr(os, name, dying(getattr(os, name)))
        yield


def test_a_node_that_is_killed_while_its_store_is_replaced_has_a_whole_one(
    taken: Taken, tmp_path: Path
) -> None:
    for step in count():
        place = tmp_path / str(step)
        restore(taken, place / "made" / "store").close()
        store = Store.open(place / "store", create=True)
        with killed_at(step):
            store.replace(place / "made" / "store")
        store.close()
        with Store.open(place / "store", create=True) as again:
            assert again.version in (0, 5)
            again.verify()
            if again.version == store.version == 5:
                break
    assert step > 1
