"""Old versions are forgotten beside the blocks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from assay.node import pace
from assay.node.pruner import Pruner
from assay.state.store import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    with Store.open(tmp_path / "store", create=True, retain_versions=3) as opened:
        yield opened


def commit(store: Store, pruner: Pruner) -> None:
    changes = {b"key%d" % number: b"%d" % store.version for number in range(2000)}
    store.commit(store.prepare(store.version + 1, changes))
    pruner.committed(store.version)


async def until_idle(pruner: Pruner) -> None:
    if pruner._task is not None:
        await asyncio.wait([pruner._task])


async def test_as_many_versions_stay_as_are_to_be_kept(store: Store) -> None:
    pruner = Pruner(store)
    for _ in range(10):
        commit(store, pruner)
        await until_idle(pruner)
        assert store.oldest_version == max(0, store.version - 2)
    store.verify()


async def test_it_catches_up_after_blocks_that_it_had_no_time_for(store: Store) -> None:
    pruner = Pruner(store)
    for _ in range(10):
        commit(store, pruner)
    assert store.versions_behind > 0
    await until_idle(pruner)
    commit(store, pruner)
    await until_idle(pruner)
    assert (store.oldest_version, store.versions_behind) == (9, 0)
    assert not pruner.failed.done()


async def test_a_node_that_ends_does_not_wait_for_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "SLICE_SECONDS", 0.0)
    pruner = Pruner(store)
    for _ in range(10):
        commit(store, pruner)
    await pruner.close()
    assert store.oldest_version < 8
    store.verify()
    store.prune()
    assert store.oldest_version == 8


async def test_a_failure_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(store, "prune", broken)
    pruner = Pruner(store)
    commit(store, pruner)
    assert await pruner.failed == "forgetting old versions of the state failed: no space left"
    await pruner.close()
