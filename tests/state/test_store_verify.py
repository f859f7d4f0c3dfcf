"""`verify` finds every kind of damage; a store that is whole passes."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from assay.state.store import Corrupt, Store, layout
from assay.state.store.pages import Child, Leaf, Page, encode

BULK = b"bytes beside the tree"
PLACE = (b"scope", sha256(BULK).digest())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Store.open(tmp_path, create=True) as store:
        store.commit(store.prepare(1, {b"key%d" % number: b"value" for number in range(300)}, {PLACE: BULK}))
        store.commit(store.prepare(2, {b"key%d" % number: b"changed" for number in range(20)}))
    return tmp_path


def test_a_whole_store_passes_and_is_counted(path: Path) -> None:
    with Store.open(path) as store:
        summary = store.verify()
    assert (summary.records, summary.bulk) == (300, 1)
    assert summary.pages > 16


def a_page(database: Any, wanted: Callable[[Page], bool]) -> tuple[bytes, Page]:
    """A page of the last version."""
    for key, data in database.iterator(prefix=layout.PAGE + layout.u64(2)):
        if wanted(Page(data)):
            return key, Page(data)
    raise AssertionError("no such page")


def holds(kind: type) -> Callable[[Page], bool]:
    return lambda page: any(isinstance(slot, kind) for slot in page.slots())


def edit(database: Any, kind: type, change: Callable[[Any], Any]) -> None:
    """Change the first slot of a kind in some page."""
    key, page = a_page(database, holds(kind))
    slots = page.slots()
    number = next(number for number, slot in enumerate(slots) if isinstance(slot, kind))
    slots[number] = change(slots[number])
    database.put(key, encode(slots))


def lone_leaf(database: Any) -> None:
    key, page = a_page(database, holds(Leaf))
    leaf = next(slot for slot in page.slots() if isinstance(slot, Leaf))
    database.put(key, encode([leaf]))


def padded(database: Any) -> None:
    key, page = a_page(database, holds(Leaf))
    database.put(key, page.data + b"x")


def unhash(node: Any) -> Any:
    return node._replace(hash=bytes(32))


DAMAGES: dict[str, tuple[Callable[[Any], None], str]] = {
    "record changed": (lambda db: db.put(layout.RECORD + b"key1", b"forged"), "not the one in its leaf"),
    "record deleted": (lambda db: db.delete(layout.RECORD + b"key1"), "a leaf has no record"),
    "record added": (lambda db: db.put(layout.RECORD + b"other", b"v"), "a record has no leaf"),
    "leaf hash changed": (
        lambda db: edit(db, Leaf, unhash),
        "does not have",
    ),
    "leaf removed": (lambda db: edit(db, Leaf, lambda _: None), "does not have"),
    "child hash changed": (
        lambda db: edit(db, Child, unhash),
        "does not have",
    ),
    "child version changed": (lambda db: edit(db, Child, lambda child: child._replace(version=9)), "missing"),
    "page of one leaf": (lone_leaf, "should not exist"),
    "page padded": (padded, "malformed"),
    "page deleted": (lambda db: db.delete(a_page(db, holds(Leaf))[0]), "missing"),
    "bytes changed": (lambda db: db.put(layout.BULK + layout.place(*PLACE), b"forged"), "another digest"),
    "bytes deleted": (lambda db: db.delete(layout.BULK + layout.place(*PLACE)), "are missing"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_and_named(path: Path, damage: str) -> None:
    spoil, sentence = DAMAGES[damage]
    with Store.open(path) as store:
        spoil(store._db)
        with pytest.raises(Corrupt, match=sentence):
            store.verify()


def test_leaves_in_each_others_places_are_found_though_the_hashes_agree(tmp_path: Path) -> None:
    with Store.open(tmp_path, create=True) as store:
        store.commit(store.prepare(1, {b"key%d" % number: b"value" for number in range(3)}))
        (key, data), *others = store._db.iterator(prefix=layout.PAGE)
        assert not others
        swapped = encode(Page(data).slots()[::-1])
        store._db.put(key, swapped)
        root = Child(Page(swapped).hash(), 1)
        store._db.put(layout.ROOT + layout.u64(1), layout.encode_root(root))
        with pytest.raises(Corrupt, match="where its key belongs"):
            store.verify()


def test_a_missing_root_is_noticed_on_opening(path: Path) -> None:
    with Store.open(path) as store:
        store._db.delete(layout.ROOT + layout.u64(2))
    with pytest.raises(Corrupt, match="root of version 2 is missing"):
        Store.open(path)


def test_a_missing_page_stops_a_block_that_needs_it(path: Path) -> None:
    with Store.open(path, cache_bytes=0) as store:
        store._db.delete(a_page(store._db, holds(Child))[0])
        with pytest.raises(Corrupt, match="is missing"):
            store.prepare(3, {b"key1": b"v"})
