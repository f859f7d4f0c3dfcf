"""What is on the shelf is whole, and stays so whatever happens on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.state.snapshots.states import State, stored, take

from assay.node.snapshots.shelf import Shelf
from assay.state.rules import keys
from assay.state.snapshots.format import CHUNK_BYTES
from assay.state.store import Store

STATE = State({keys.ACCOUNT + b"%d" % number: bytes(200_000) for number in range(7)}, {})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return stored(tmp_path / "store", STATE)


def commit(store: Store) -> None:
    store.commit(store.prepare(store.version + 1, {b"height": b"%d" % (store.version + 1)}))


def add(shelf: Shelf, store: Store) -> None:
    with store.freeze() as state:
        shelf.add(state, lambda: None)


def test_a_snapshot_is_kept_and_found_again(tmp_path: Path, store: Store) -> None:
    shelf = Shelf(tmp_path / "shelf")
    assert shelf.manifests() == []
    add(shelf, store)
    again = Shelf(tmp_path / "shelf")
    expected = take(store, CHUNK_BYTES)
    assert shelf.manifests() == again.manifests() == [expected.manifest]
    assert len(expected.chunks) == 4
    assert [again.load(5, index) for index in range(4)] == expected.chunks


def test_the_newest_are_kept(tmp_path: Path, store: Store) -> None:
    shelf = Shelf(tmp_path / "shelf")
    for _ in range(3):
        add(shelf, store)
        commit(store)
    assert [manifest.height for manifest in shelf.manifests()] == [7, 6, 5]
    shelf.forget(2)
    assert [manifest.height for manifest in shelf.manifests()] == [7, 6]
    assert sorted(place.name for place in (tmp_path / "shelf").iterdir()) == ["6", "7"]
    assert shelf.load(5, 0) == b""


def test_a_chunk_that_is_not_there_is_empty(tmp_path: Path, store: Store) -> None:
    shelf = Shelf(tmp_path / "shelf")
    add(shelf, store)
    assert (shelf.load(6, 0), shelf.load(5, 4), shelf.load(5, 2**32 - 1)) == (b"", b"", b"")


def test_a_chunk_that_is_damaged_on_disk_is_not_sent(tmp_path: Path, store: Store) -> None:
    """Who sends it would be banned."""
    shelf = Shelf(tmp_path / "shelf")
    add(shelf, store)
    place = tmp_path / "shelf" / "5" / "1"
    place.write_bytes(place.read_bytes()[:-1] + b"x")
    assert shelf.load(5, 1) == b""
    place.unlink()
    assert shelf.load(5, 1) == b""
    assert shelf.load(5, 0)


def test_what_was_interrupted_leaves_nothing(tmp_path: Path, store: Store) -> None:
    shelf = Shelf(tmp_path / "shelf")

    def interrupted() -> None:
        raise KeyboardInterrupt

    with store.freeze() as state, pytest.raises(KeyboardInterrupt):
        shelf.add(state, interrupted)
    assert list((tmp_path / "shelf").iterdir()) == []
    assert shelf.manifests() == []


def test_what_a_killed_node_left_is_removed(tmp_path: Path, store: Store) -> None:
    add(Shelf(tmp_path / "shelf"), store)
    (tmp_path / "shelf" / "9.partial").mkdir()
    (tmp_path / "shelf" / "9.partial" / "0").touch()
    (tmp_path / "shelf" / "8").mkdir()
    (tmp_path / "shelf" / "7").mkdir()
    (tmp_path / "shelf" / "7" / "manifest").write_bytes(take(store).manifest.encode())  # of another height
    assert [manifest.height for manifest in Shelf(tmp_path / "shelf").manifests()] == [5]
    assert [place.name for place in (tmp_path / "shelf").iterdir()] == ["5"]


def test_a_snapshot_of_a_height_that_is_executed_again_takes_the_old_one_s_place(
    tmp_path: Path, store: Store
) -> None:
    shelf = Shelf(tmp_path / "shelf")
    add(shelf, store)
    store.rollback()
    store.commit(store.prepare(5, {b"other": b"way"}))
    add(shelf, store)
    assert [manifest.root for manifest in shelf.manifests()] == [store.root]
    assert shelf.load(5, 0)
