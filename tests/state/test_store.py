"""The store: records, versions, bytes beside the tree, and what it refuses."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import plyvel
import pytest
from tests.state.naive_tree import naive_root

from assay.state.rules.ics23 import MAX_KEY_BYTES, MAX_PROOF_BYTES, MAX_VALUE_BYTES, verify_non_membership
from assay.state.store import Store, StoreError, VersionNotKept, history, layout


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store", create=True, retain_versions=3) as opened:
        yield opened


def write(store: Store, changes: dict[bytes, bytes | None]) -> None:
    store.commit(store.prepare(store.version + 1, changes))


def digest(data: bytes) -> bytes:
    return sha256(data).digest()


def test_a_new_store_is_empty_and_stands_at_version_0(store: Store) -> None:
    assert (store.version, store.oldest_version, store.root) == (0, 0, bytes(32))
    assert store.get(b"key") is None
    assert list(store.iterate()) == []
    assert store.get_at(b"key", 0) is None
    assert store.verify() == (0, 0, 0)


def test_prepare_writes_nothing(store: Store) -> None:
    write(store, {b"a": b"1"})
    root = store.root
    prepared = store.prepare(2, {b"a": b"2", b"b": b"2"}, {(b"s", digest(b"x")): b"x"})
    assert prepared.root == naive_root({b"a": b"2", b"b": b"2"})
    assert (store.version, store.root, dict(store.iterate())) == (1, root, {b"a": b"1"})
    assert (store.get(b"a"), store.get(b"b")) == (b"1", None)
    assert store.get_bulk(b"s", digest(b"x")) is None
    store.verify()


def test_one_of_several_prepared_versions_is_committed(store: Store) -> None:
    first, second = store.prepare(1, {b"a": b"1"}), store.prepare(1, {b"a": b"2"})
    store.commit(second)
    assert store.root == second.root
    with pytest.raises(StoreError, match="prepare it again"):
        store.commit(first)
    with pytest.raises(StoreError, match="prepare it again"):
        store.commit(second)


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    records = {b"key%d" % number: b"value" for number in range(100)}
    with Store.open(tmp_path, create=True) as store:
        store.commit(store.prepare(1, records, {(b"s", digest(b"x")): b"x"}))
        root = store.root
    with Store.open(tmp_path) as store:
        assert (store.version, store.root, dict(store.iterate())) == (1, root, records)
        assert store.get_bulk(b"s", digest(b"x")) == b"x"
        assert store.verify()[0] == 100
        write(store, {b"key1": None})
        del records[b"key1"]
        assert store.root == naive_root(records)


def test_records_are_iterated_in_byte_order_from_a_prefix_or_a_start(store: Store) -> None:
    write(store, dict.fromkeys((b"b\xff", b"a", b"b", b"b\x00", b"c", b"ab", b"\xff\xff"), b"v"))
    assert [key for key, _ in store.iterate()] == [b"a", b"ab", b"b", b"b\x00", b"b\xff", b"c", b"\xff\xff"]
    assert [key for key, _ in store.iterate(b"b")] == [b"b", b"b\x00", b"b\xff"]
    assert [key for key, _ in store.iterate(b"b", b"b\x00")] == [b"b\x00", b"b\xff"]
    assert [key for key, _ in store.iterate(b"b", b"a")] == [b"b", b"b\x00", b"b\xff"]
    assert [key for key, _ in store.iterate(b"b", b"c")] == []
    assert [key for key, _ in store.iterate(b"\xff")] == [b"\xff\xff"]


def test_an_iteration_sees_one_version_while_the_next_is_committed(store: Store) -> None:
    write(store, {b"a": b"1", b"b": b"1"})
    walk = store.iterate()
    assert next(walk) == (b"a", b"1")
    write(store, {b"b": b"2", b"c": b"2"})
    assert list(walk) == [(b"b", b"1")]


def test_keys_that_begin_alike_do_not_share_a_history(store: Store) -> None:
    write(store, {b"a": b"1", b"a" + bytes(8): b"2", b"a" + bytes(7) + b"\x02": b"3"})
    write(store, {b"a" + bytes(8): b"22", b"a" + bytes(7) + b"\x02": None})
    assert store.get_at(b"a", 1) == b"1"
    assert store.get_at(b"a" + bytes(8), 1) == b"2"
    assert store.get_at(b"a" + bytes(7) + b"\x02", 1) == b"3"


def test_only_the_last_versions_are_kept(store: Store) -> None:
    for version in range(1, 8):
        write(store, {b"key": b"%d" % version})
    assert store.oldest_version == 0
    store.prune()
    assert store.oldest_version == 5
    assert [store.get_at(b"key", version) for version in (5, 6, 7)] == [b"5", b"6", b"7"]
    for version in (0, 4, 8):
        with pytest.raises(VersionNotKept, match="from 5 to 7"):
            store.get_at(b"key", version)
        with pytest.raises(VersionNotKept, match="from 5 to 7"):
            store.prove(b"key", version)
        with pytest.raises(VersionNotKept, match="from 5 to 7"):
            store.root_at(version)


def test_keeping_fewer_versions_forgets_the_others(tmp_path: Path) -> None:
    with Store.open(tmp_path, create=True, retain_versions=20) as store:
        for version in range(1, 21):
            write(store, {b"key%d" % (version % 3): b"%d" % version})
        store.prune()
        assert store.oldest_version == 1
    with Store.open(tmp_path, retain_versions=2) as store:
        store.prune()
        assert store.oldest_version == 19
        store.verify()


class Killed(Exception):
    pass


@pytest.mark.parametrize("after", range(12))
def test_forgetting_that_is_cut_short_is_taken_up_again(
    tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept stays whole at any moment, and in the end nothing is left of what is not."""
    monkeypatch.setattr(history, "SLICE", 7)
    place = (b"s", digest(b"x"))
    pauses = iter(range(100))

    def killed() -> None:
        if next(pauses) == after:
            raise Killed

    with Store.open(tmp_path, create=True, retain_versions=2) as store:
        for version in range(1, 4):
            changes = {b"key%d" % number: b"%d" % version for number in range(20)}
            puts, drops = ({place: b"x"}, []) if version == 1 else ({}, [b"s"])
            store.commit(store.prepare(version, changes, puts, drops))
        with contextlib.suppress(Killed):
            store.prune(killed)
        check_kept(store)
    with Store.open(tmp_path, retain_versions=2) as store:
        store.verify()
        check_kept(store)
        store.prune()
        assert (store.oldest_version, store.get_at(b"key7", 2)) == (2, b"2")
        assert kept_kinds(store) == {b"c": [3], b"s": [3], b"u": [3], b"v": [2, 3]}


def check_kept(store: Store) -> None:
    for version in range(store.oldest_version, store.version + 1):
        assert store.get_at(b"key7", version) == (b"%d" % version if version else None)


def kept_kinds(store: Store) -> dict[bytes, list[int]]:
    """Versions of what there is of each kind of history."""
    found: dict[bytes, set[int]] = {}
    for kind in (layout.CHANGED, layout.STALE, layout.UNDO, layout.ROOT, layout.JOURNAL):
        for key in store._db.iterator(prefix=kind, include_value=False):
            found.setdefault(kind, set()).add(int.from_bytes(key[-8:], "big"))
    assert not list(store._db.iterator(prefix=layout.BULK))
    return {kind: sorted(versions) for kind, versions in found.items()}


def test_blocks_are_committed_while_old_versions_are_forgotten(tmp_path: Path) -> None:
    """A thread forgets all the time; whatever it does in between, kept versions stay whole."""
    with Store.open(tmp_path, create=True, retain_versions=4) as store:
        stop = threading.Event()

        def forget() -> None:
            while not stop.is_set():
                store.prune()

        thread = threading.Thread(target=forget)
        thread.start()
        try:
            held: dict[int, dict[bytes, bytes]] = {0: {}}
            for version in range(1, 120):
                changes = {b"key%d" % (version * number % 60): b"%d" % version for number in range(9)}
                place = (b"scope", digest(b"%d" % (version % 3)))
                puts, drops = {place: b"%d" % (version % 3)}, [b"scope"] if version % 2 else []
                store.commit(store.prepare(version, changes, puts, drops))
                held[version] = {**held[version - 1], **changes}
                assert store.get_bulk(*place) == b"%d" % (version % 3)
        finally:
            stop.set()
            thread.join()
        store.prune()
        assert store.oldest_version == 116
        for version in range(116, 120):
            assert store.root_at(version) == naive_root(held[version])
            assert {key: store.get_at(key, version) for key in held[version]} == held[version]
        store.verify()
        store.rollback()
        store.verify()


def test_what_changes_nothing_leaves_root_and_history_alone(store: Store) -> None:
    write(store, {b"a": b"1"})
    root = store.root
    write(store, {b"a": b"1", b"absent": None})
    assert store.root == root == store.root_at(2)
    assert not list(store._db.iterator(prefix=layout.CHANGED + layout.u64(2)))


def test_a_chain_may_start_above_height_1(store: Store) -> None:
    store.commit(store.prepare(1000, {b"a": b"1"}, {(b"s", digest(b"x")): b"x"}))
    assert (store.version, store.oldest_version) == (1000, 1000)
    with pytest.raises(StoreError, match="cannot be rolled back"):
        store.rollback()
    for _ in range(5):
        write(store, {b"a": b"%d" % store.version})
        store.prune()
    assert store.oldest_version == 1003
    store.verify()


@pytest.mark.parametrize("version", [-1, 0, 1, 3])
def test_versions_follow_each_other(store: Store, version: int) -> None:
    write(store, {b"a": b"1"})
    with pytest.raises(StoreError, match="cannot follow version 1"):
        store.prepare(version, {})


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        (b"", b"v", "a key has 1 to"),
        (bytes(MAX_KEY_BYTES + 1), b"v", "a key has 1 to"),
        (b"k", b"", "None deletes a record"),
        (b"k", bytes(MAX_VALUE_BYTES + 1), "a value has 1 to"),
    ],
)
def test_records_out_of_bounds_are_refused(store: Store, key: bytes, value: bytes, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence):
        store.prepare(1, {b"fine": b"fine", key: value})
    assert store.version == 0


def test_records_at_the_bounds_are_kept_and_proven(store: Store) -> None:
    keys = [bytes([number]) * MAX_KEY_BYTES for number in range(2)]
    write(store, {key: bytes(MAX_VALUE_BYTES) for key in keys})
    absent = next(key for key in map(b"%d".__mod__, range(1000)) if _between(key, keys))
    proof = store.prove(absent, 1)
    assert 2 * MAX_VALUE_BYTES < len(proof) < MAX_PROOF_BYTES
    verify_non_membership(store.root, absent, proof)


def _between(key: bytes, keys: list[bytes]) -> bool:
    low, high = sorted(map(digest, keys))
    return low < digest(key) < high


def test_stores_that_cannot_be_opened_say_why(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="initialise the node first"):
        Store.open(tmp_path / "none")
    with pytest.raises(StoreError, match="at least 2"):
        Store.open(tmp_path / "few", create=True, retain_versions=1)
    with (
        Store.open(tmp_path / "busy", create=True),
        pytest.raises(StoreError, match="another process"),
    ):
        Store.open(tmp_path / "busy")
    with plyvel.DB(str(tmp_path / "other"), create_if_missing=True) as database:
        database.put(layout.HEAD, bytes((layout.FORMAT + 1,)) + layout.encode_head(3, 1)[1:])
    with pytest.raises(StoreError, match="format"):
        Store.open(tmp_path / "other")
    with plyvel.DB(str(tmp_path / "other")):
        pass  # the refused store let go of its lock


def test_bulk_bytes_live_by_scope_and_digest(store: Store) -> None:
    one, two = b"one", b"two"
    puts = {(b"r1", digest(one)): one, (b"r2", digest(one)): one, (b"r1", digest(two)): two}
    store.commit(store.prepare(1, {}, puts))
    assert store.root == bytes(32)
    assert sorted(store.bulk_places()) == sorted(puts)
    store.commit(store.prepare(2, {}, {}, [b"r1", b"unknown"]))
    assert store.get_bulk(b"r1", digest(one)) is None
    assert store.get_bulk(b"r1", digest(two)) is None
    assert store.get_bulk(b"r2", digest(one)) == one
    assert list(store.bulk_places()) == [(b"r2", digest(one))]


def test_dropping_a_scope_spares_those_that_begin_alike(store: Store) -> None:
    scopes = [b"r", b"r1", b"r\x00", b"r\xff"]
    store.commit(store.prepare(1, {}, {(scope, digest(b"x")): b"x" for scope in scopes}))
    store.commit(store.prepare(2, {}, {}, [b"r"]))
    assert sorted(scope for scope, _ in store.bulk_places()) == sorted(scopes[1:])


def test_drops_come_before_puts(store: Store) -> None:
    place = (b"s", digest(b"x"))
    store.commit(store.prepare(1, {}, {place: b"x", (b"s", digest(b"y")): b"y"}))
    store.commit(store.prepare(2, {}, {place: b"x"}, [b"s"]))
    assert list(store.bulk_places()) == [place]


def test_dropped_bytes_leave_the_disk_with_the_versions_that_had_them(store: Store) -> None:
    place = (b"s", digest(b"x"))
    store.commit(store.prepare(1, {}, {place: b"x"}))
    store.commit(store.prepare(2, {}, {}, [b"s"]))
    for expected in (1, 1, 0):
        assert len(list(store._db.iterator(prefix=layout.BULK))) == expected
        write(store, {})
        store.prune()


def test_a_rollback_brings_back_bytes_whose_first_drop_is_forgotten(tmp_path: Path) -> None:
    place = (b"s", digest(b"x"))
    with Store.open(tmp_path, create=True, retain_versions=4) as store:
        for version in range(1, 5):
            puts, drops = ({place: b"x"}, []) if version % 2 else ({}, [b"s"])
            store.commit(store.prepare(version, {}, puts, drops))
        write(store, {})
        store.prune()
        assert store.oldest_version == 2  # the journal of version 2, with the first drop, is gone
        store.rollback()
        store.rollback()
        assert store.get_bulk(*place) == b"x"


def test_rolling_back_a_put_spares_bytes_that_an_older_version_has(store: Store) -> None:
    place = (b"s", digest(b"x"))
    store.commit(store.prepare(1, {}, {place: b"x"}))
    store.commit(store.prepare(2, {}, {}, [b"s"]))
    store.commit(store.prepare(3, {}, {place: b"x"}))
    store.rollback()
    assert store.get_bulk(*place) is None
    store.rollback()
    assert store.get_bulk(*place) == b"x"


def test_rolling_back_a_put_deletes_bytes_that_nothing_else_has(store: Store) -> None:
    store.commit(store.prepare(1, {}, {(b"s", digest(b"x")): b"x"}))
    store.rollback()
    assert not list(store._db.iterator(prefix=layout.BULK))


def test_wrong_digests_and_scopes_are_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="the digest of 1 bytes"):
        store.prepare(1, {}, {(b"s", digest(b"y")): b"x"})
    with pytest.raises(StoreError, match="a scope has 1 to"):
        store.prepare(1, {}, {(b"", digest(b"x")): b"x"})
    with pytest.raises(StoreError, match="a scope has 1 to"):
        store.prepare(1, {}, {}, [bytes(256)])


def test_a_cache_too_small_for_the_tree_changes_nothing(tmp_path: Path) -> None:
    roots = set()
    for cache_bytes in (0, 10_000, 1 << 26):
        with Store.open(tmp_path / str(cache_bytes), create=True, cache_bytes=cache_bytes) as store:
            for version in range(1, 6):
                write(store, {b"key%d" % (number * version % 700): b"%d" % version for number in range(300)})
            assert store._pages.size <= cache_bytes
            assert store._records.size <= cache_bytes // 4
            store.verify()
            roots.add(store.root)
    assert len(roots) == 1


def test_the_record_cache_says_what_the_database_says(tmp_path: Path) -> None:
    draw = random.Random(7)
    with Store.open(tmp_path / "s", create=True, cache_bytes=40_000) as store:
        for _ in range(30):
            names = [b"key%d" % draw.randrange(60) for _ in range(25)]
            write(store, {name: draw.choice([None, b"%d" % draw.randrange(5)]) for name in names})
            if draw.random() < 0.3 and store.version > store.oldest_version:
                store.rollback()
            for key, value in store._records._entries.items():
                assert store._db.get(layout.RECORD + key) == value
            for name in (b"key%d" % number for number in range(60)):
                assert store.get(name) == store._db.get(layout.RECORD + name)
