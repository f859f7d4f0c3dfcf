"""The store against a model that keeps every version as a dict, through any order of its operations."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
from hashlib import sha256

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.state.naive_tree import naive_root

from assay.state.rules.ics23 import verify_membership, verify_non_membership
from assay.state.store import Store, bulk, history, layout
from assay.state.store.pages import Child, Page
from assay.state.store.tree import page_key, page_path, with_nibble

KEYS = [b"key%d" % number for number in range(12)]
SCOPES = [b"r1", b"r2"]
BYTES = [b"bytes"]  # few, so that they are put and dropped again and again

Place = tuple[bytes, bytes]


class Model:
    """One version."""

    def __init__(self) -> None:
        self.records: dict[bytes, bytes] = {}
        self.bulk: dict[Place, bytes] = {}

    def copy(self) -> Model:
        other = Model()
        other.records, other.bulk = dict(self.records), dict(self.bulk)
        return other


def patch(held: dict[bytes, bytes], changes: dict[bytes, bytes | None]) -> None:
    for key, value in changes.items():
        held.pop(key, None)
        if value is not None:
            held[key] = value


changes = st.dictionaries(st.sampled_from(KEYS), st.none() | st.sampled_from([b"1", b"2", b"3"]), max_size=12)
puts = st.lists(st.tuples(st.sampled_from(SCOPES), st.sampled_from(BYTES)), max_size=2)
drops = st.lists(st.sampled_from(SCOPES), max_size=2)


class StoreMachine(RuleBasedStateMachine):
    @initialize(first=st.sampled_from([1, 1, 7]))
    def start(self, first: int) -> None:
        self.directory = tempfile.mkdtemp()
        self.retain = 3
        self.store = Store.open(self.directory, create=True, retain_versions=self.retain)
        self.first = first
        self.versions = {0: Model()}
        self.whole = True

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.directory)

    @rule(changes=changes, puts=puts, drops=drops, forget=st.booleans())
    def commit(
        self,
        changes: dict[bytes, bytes | None],
        puts: list[Place],
        drops: list[bytes],
        forget: bool,
    ) -> None:
        version = self.store.version + 1 if self.store.version else self.first
        new = self.versions[self.store.version].copy()
        patch(new.records, changes)
        new.bulk = {place: data for place, data in new.bulk.items() if place[0] not in drops}
        placed = {(scope, sha256(data).digest()): data for scope, data in puts}
        new.bulk.update(placed)
        prepared = self.store.prepare(version, changes, placed, drops)
        assert prepared.root == naive_root(new.records)
        if not forget:
            self.store.commit(prepared)
            self.versions[version] = new

    @rule(after=st.none() | st.integers(0, 3))
    def prune(self, after: int | None) -> None:
        """Forget old versions; or begin to, and be interrupted."""
        pauses = itertools.count()

        def pause() -> None:
            if next(pauses) == after:
                raise InterruptedError

        self.whole = False
        with contextlib.suppress(InterruptedError):
            self.store.prune(pause)
            self.whole = True
            assert self.store.oldest_version >= self.store.version - self.retain + 1

    @precondition(lambda self: self.store.version > self.store.oldest_version)
    @rule()
    def rollback(self) -> None:
        del self.versions[self.store.version]
        self.store.rollback()

    @rule(retain=st.integers(2, 5))
    def reopen(self, retain: int) -> None:
        self.store.close()
        self.retain = retain
        self.store = Store.open(self.directory, retain_versions=retain)

    @invariant()
    def the_last_version_is_as_the_model_says(self) -> None:
        now = self.versions[self.store.version]
        assert self.store.root == naive_root(now.records)
        assert list(self.store.iterate()) == sorted(now.records.items())
        assert [self.store.get(key) for key in KEYS] == [now.records.get(key) for key in KEYS]
        assert {place: self.store.get_bulk(*place) for place in self.store.bulk_places()} == now.bulk
        self.store.verify()

    @invariant()
    def kept_versions_are_read_and_proven_as_they_were(self) -> None:
        for version in range(self.store.oldest_version, self.store.version + 1):
            records = self.versions[version].records
            root = self.store.root_at(version)
            assert root == naive_root(records)
            for key in KEYS:
                assert self.store.get_at(key, version) == records.get(key)
                if key in records:
                    verify_membership(root, key, records[key], self.store.prove(key, version))
                elif records:
                    verify_non_membership(root, key, self.store.prove(key, version))
            for size in (4, 5):
                listed = list(self.store.list_at(b"key", b"key1", version, size))
                held = sorted(item for item in records.items() if len(item[0]) == size and item[0] >= b"key1")
                assert listed == held

    @invariant()
    def nothing_is_left_behind(self) -> None:
        """Pages, undo entries and bytes are those that a kept version needs, and no others."""
        if not self.whole:
            return
        database = self.store._db
        kept = range(self.store.oldest_version, self.store.version + 1)
        pages = {key[1:] for key in database.iterator(prefix=layout.PAGE, include_value=False)}
        assert pages == set().union(*(self.reachable(version) for version in kept))
        undo = [
            int.from_bytes(key[-8:], "big")
            for key in database.iterator(prefix=layout.UNDO, include_value=False)
        ]
        assert set(undo) <= set(kept[1:])
        for kind in (layout.CHANGED, layout.STALE, layout.JOURNAL, layout.ROOT):
            noted = {int.from_bytes(key[1:], "big") for key, _ in database.iterator(prefix=kind)}
            assert noted <= set(kept if kind == layout.ROOT else kept[1:])
        needed = {*bulk.places(database), *bulk.dropped(history.journals(database, kept[0] + 1, kept[-1]))}
        assert {key[1:] for key in database.iterator(prefix=layout.BULK, include_value=False)} == needed

    def reachable(self, version: int) -> set[bytes]:
        database, found = self.store._db, set()
        waiting = [(layout.decode_root(database.get(layout.ROOT + layout.u64(version))), 0, bytes(32))]
        while waiting:
            node, depth, way = waiting.pop()
            if isinstance(node, Child):
                key = page_key(node.version, page_path(depth, way))
                found.add(key)
                slots = Page(database.get(layout.PAGE + key)).slots()
                waiting += [(slot, depth + 1, with_nibble(way, depth, n)) for n, slot in enumerate(slots)]
        return found


TestStoreHistory = StoreMachine.TestCase
TestStoreHistory.settings = hypothesis.settings(stateful_step_count=20)
