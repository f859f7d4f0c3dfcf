"""Snapshots are taken beside the blocks, at the heights that are due."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.state.snapshots.states import State, stored, take

from assay.node import pace, room
from assay.node.settings import SnapshotSettings
from assay.node.snapshots.shelf import Shelf
from assay.node.snapshots.taker import Taker
from assay.state.rules import keys
from assay.state.snapshots.format import CHUNK_BYTES
from assay.state.store import layout

STATE = State({keys.ACCOUNT + b"%d" % number: b"value" for number in range(500)}, {})


class Node:
    def __init__(self, path: Path, interval: int) -> None:
        path.mkdir()
        self.path = path
        self.store, self.shelf = stored(path / "store", STATE), Shelf(path / "shelf")
        self.taker = Taker(self.store, self.shelf, SnapshotSettings(interval=interval, keep=2))

    def commit(self) -> None:
        height = self.store.version + 1
        self.store.commit(self.store.prepare(height, {b"height": b"%d" % height}))
        self.taker.committed(height)

    async def until_taken(self) -> None:
        if self.taker._task is not None:
            await asyncio.wait([self.taker._task])

    def heights(self) -> list[int]:
        return [manifest.height for manifest in self.shelf.manifests()]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Any]:
    made: list[Node] = []

    def one(interval: int) -> Node:
        made.append(Node(tmp_path / str(len(made)), interval))
        return made[-1]

    yield one
    for node in made:
        await node.taker.close()
        node.store.close()


async def test_a_snapshot_every_so_many_heights_and_two_kept(make: Any) -> None:
    node = make(10)
    for _ in range(40):
        node.commit()
        if node.store.version % 10 == 0:
            expected = take(node.store, CHUNK_BYTES).manifest
            await node.until_taken()
            assert node.shelf.manifests()[0] == expected
    assert node.heights() == [40, 30]
    taker = node.taker
    assert (taker.height, taker.taken, taker.failed, taker.left_out) == (40, 4, 0, 0)
    assert taker.seconds > 0
    again = Taker(node.store, node.shelf, SnapshotSettings(interval=10, keep=2))
    assert (again.height, again.taken) == (40, 0)


async def test_blocks_that_follow_do_not_reach_the_snapshot(make: Any) -> None:
    node = make(10)
    while node.store.version < 10:
        node.commit()
    expected = take(node.store, CHUNK_BYTES).manifest
    node.commit()
    await node.until_taken()
    assert node.shelf.manifests() == [expected]


async def test_interval_0_takes_none(make: Any) -> None:
    node = make(0)
    for _ in range(10):
        node.commit()
    await node.until_taken()
    assert node.heights() == []


async def test_one_at_a_time(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    node, go_on = make(2), threading.Event()
    add = node.shelf.add

    def slow(*args: Any) -> Any:
        go_on.wait(60)
        return add(*args)

    monkeypatch.setattr(node.shelf, "add", slow)
    for _ in range(4):
        node.commit()
    go_on.set()
    await node.until_taken()
    assert node.heights() == [6]
    assert (node.taker.taken, node.taker.left_out) == (1, 1)
    node.commit()
    await node.until_taken()
    assert node.heights() == [10, 6] if node.store.version == 10 else [6]


def page_of(node: Node) -> bytes:
    """Where a page of the tree lies that no block of these tests changes."""
    pages = node.store._db.iterator(prefix=layout.PAGE, include_value=False)
    return max(key for key in pages if key[1:9] == layout.u64(5))


@pytest.mark.parametrize(
    ("place", "spoilt"),
    [(lambda _: layout.RECORD + keys.ACCOUNT + b"7", b"another value"), (page_of, b"no page")],
)
async def test_a_snapshot_that_fails_does_not_end_the_node(
    make: Any, place: Callable[[Node], bytes], spoilt: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    node = make(2)
    where = place(node)
    right = node.store._db.get(where)
    node.store._db.put(where, spoilt)
    node.commit()
    await node.until_taken()
    assert node.heights() == []
    assert "no snapshot could be taken" in capfd.readouterr().out
    assert (node.taker.height, node.taker.failed) == (0, 1)
    node.store._db.put(where, right)
    node.commit()
    node.commit()
    await node.until_taken()
    assert node.heights() == [8]


async def test_a_node_that_ends_does_not_wait_for_its_snapshot(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = make(2)
    node.taker._stop.set()
    monkeypatch.setattr(pace, "SLICE_SECONDS", 0.0)
    node.commit()
    await node.taker.close()
    assert node.heights() == []
    assert list((tmp_path / "0" / "shelf").iterdir()) == []


async def test_a_snapshot_leaves_room_for_blocks(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node ends on a full disk, so filling it would end the node at every interval."""
    node = make(2)
    monkeypatch.setattr(room, "SPARE", 1 << 80, raising=False)
    node.commit()
    await node.until_taken()
    assert node.heights() == []
    assert node.taker.failed == 1
    assert list(node.path.joinpath("shelf").iterdir()) == []
