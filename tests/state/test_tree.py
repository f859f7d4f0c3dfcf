"""The tree's batch update against the definition, and what it reads and writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.state.naive_tree import naive_root

from assay.state.rules.ics23 import EMPTY, leaf_hash
from assay.state.store.pages import SLOTS, Child, Leaf, Node, Page, encode
from assay.state.store.tree import Change, Update, nibble, page_key, page_path, update, with_nibble

Batch = dict[bytes, bytes | None]


def change(key: bytes, value: bytes | None) -> Change:
    place = sha256(key).digest()
    return Change(place, key, None if value is None else leaf_hash(place, value))


class Forest:
    """A tree and all its versions, in memory."""

    def __init__(self) -> None:
        self.pages: dict[bytes, bytes] = {}
        self.reads: Counter[bytes] = Counter()
        self.root: Node | None = None
        self.version = 0

    def read(self, key: bytes) -> bytes:
        self.reads[key] += 1
        return self.pages[key]

    def apply(self, batch: Mapping[bytes, bytes | None], *, prune: bool = True) -> Update:
        self.reads.clear()
        self.version += 1
        done = update(self.read, self.root, self.version, [change(*item) for item in batch.items()])
        assert not self.pages.keys() & done.pages.keys()
        if prune:
            for key in done.stale:
                del self.pages[key]
        self.pages.update(done.pages)
        self.root = done.root
        return done

    @property
    def root_hash(self) -> bytes:
        return EMPTY if self.root is None else self.root.hash

    def reachable(self) -> set[bytes]:
        found: set[bytes] = set()

        def visit(node: Node | None, depth: int, way: bytes) -> None:
            if isinstance(node, Child):
                key = page_key(node.version, page_path(depth, way))
                found.add(key)
                for number, below in enumerate(Page(self.pages[key]).slots()):
                    visit(below, depth + 1, with_nibble(way, depth, number))

        visit(self.root, 0, EMPTY)
        return found


def grown(count: int) -> Forest:
    forest = Forest()
    forest.apply({b"key%d" % number: b"old" for number in range(count)})
    return forest


keys = st.integers(0, 60).map(b"key%d".__mod__)
values = st.none() | st.integers(0, 3).map(b"value%d".__mod__)
batches = st.lists(st.dictionaries(keys, values, max_size=40), max_size=8)


@given(batches)
def test_any_sequence_of_batches_gives_the_root_of_its_records(sequence: list[Batch]) -> None:
    forest, records = Forest(), dict[bytes, bytes]()
    for batch in sequence:
        forest.apply(batch)
        for key, value in batch.items():
            records.pop(key, None)
            if value is not None:
                records[key] = value
        assert forest.root_hash == naive_root(records)
        assert forest.reachable() == set(forest.pages)


@given(batches)
def test_the_pages_depend_on_the_records_and_not_on_the_way_to_them(sequence: list[Batch]) -> None:
    forest, records = Forest(), dict[bytes, bytes | None]()
    for batch in sequence:
        forest.apply(batch)
        records.update(batch)
    fresh = Forest()
    fresh.apply(records)
    assert {key[8:] for key in forest.pages} == {key[8:] for key in fresh.pages}


@given(batches)
def test_older_versions_stay_whole_while_their_pages_are_kept(sequence: list[Batch]) -> None:
    forest, roots = Forest(), []
    for batch in sequence:
        forest.apply(batch, prune=False)
        roots.append((forest.root, forest.reachable()))
    for root, reachable in roots:
        forest.root = root
        assert forest.reachable() == reachable


@pytest.mark.parametrize("size", [1, 2, 16, 300, 5000])
def test_a_batch_of_every_size_gives_the_root_of_its_records(size: int) -> None:
    forest = grown(size)
    assert forest.root_hash == naive_root({b"key%d" % number: b"old" for number in range(size)})
    forest.apply({b"key%d" % number: None for number in range(1, size)})
    assert forest.root_hash == naive_root({b"key0": b"old"})
    assert not forest.pages
    forest.apply({b"key0": None})
    assert forest.root is None


def test_each_touched_page_is_read_once_and_written_once() -> None:
    forest = grown(5000)
    done = forest.apply({b"key%d" % number: b"new" for number in range(0, 5000, 7)})
    assert set(forest.reads.values()) == {1}
    assert sorted(done.stale) == sorted(forest.reads)
    assert {key[8:] for key in done.pages} == {key[8:] for key in done.stale}


def test_one_change_touches_as_many_pages_as_the_tree_is_deep() -> None:
    forest = grown(5000)
    for number in range(100):
        forest.apply({b"key%d" % number: b"new"})
        # Three levels of pages hold 16^3 = 4096 slots; a few hashes share more than that.
        assert 3 <= len(forest.reads) <= 6


def test_what_changes_nothing_writes_nothing() -> None:
    forest = grown(500)
    root = forest.root
    done = forest.apply({b"absent%d" % number: None for number in range(50)} | {b"key1": b"old"})
    assert done == Update(root, {}, [])


def test_the_order_of_changes_does_not_matter() -> None:
    records: Batch = {b"key%d" % number: b"value" for number in range(300)}
    forward, backward = Forest(), Forest()
    forward.apply(records)
    backward.apply(dict(reversed(records.items())))
    assert forward.pages == backward.pages


nodes = st.one_of(
    st.none(),
    st.builds(Leaf, st.binary(min_size=32, max_size=32), st.binary(min_size=1, max_size=255)),
    st.builds(Child, st.binary(min_size=32, max_size=32), st.integers(0, 2**64 - 1)),
)


@given(st.lists(nodes, min_size=SLOTS, max_size=SLOTS))
def test_a_page_gives_back_its_slots(slots: list[Node | None]) -> None:
    page = Page(encode(slots))
    assert page.slots() == slots
    for number, node in enumerate(slots):
        if node is not None:
            replaced = node._replace(hash=sha256(node.hash).digest())
            page.replace(number, replaced)
            assert page.slots() == [*slots[:number], replaced, *slots[number + 1 :]]
            page.replace(number, node)
    assert page.data == encode(slots)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 63), st.integers(0, 15))
def test_nibbles_and_page_paths_agree(place: bytes, depth: int, number: int) -> None:
    assert nibble(place, depth) == int(place.hex()[depth], 16)
    assert page_path(depth, place) == bytes([depth]) + bytes.fromhex(place.hex()[:depth] + "0" * (depth % 2))
    changed = with_nibble(place, depth, number)
    assert changed.hex() == place.hex()[:depth] + f"{number:x}" + place.hex()[depth + 1 :]
