"""Going back by a version: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.state.store import Corrupt, Store, layout


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store", create=True) as opened:
        for version in range(1, 4):
            changes = {b"key%d" % number: b"%d" % version for number in range(9)}
            opened.commit(opened.prepare(version, changes, meta={b"name": b"%d" % version}))
        yield opened


def without_an_old_value(database: Any) -> None:
    database.delete(layout.undo(b"key5", 3))


def without_half_of_a_pair(database: Any) -> None:
    database.put(layout.META_UNDO + layout.u64(3), layout.pack([b"name"]))


@pytest.mark.parametrize("damage", [without_an_old_value, without_half_of_a_pair])
def test_a_rollback_that_meets_damage_changes_nothing(store: Store, damage: Callable[[Any], None]) -> None:
    damage(store._db)
    before = list(store._db.iterator())
    with pytest.raises(Corrupt):
        store.rollback()
    assert list(store._db.iterator()) == before
    assert (store.version, store.get(b"key1")) == (3, b"3")
    store.verify()
