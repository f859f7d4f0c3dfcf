"""Going back by a version: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.state.store import Corrupt, Store, layout


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store", create=True) as opened:
        for version in range(1, 4):
            changes = {b"key%d" % number: b"%d" % version for number in range(9)}
            opened.commit(opened.prepare(version, changes))
        yield opened


def test_a_rollback_that_meets_damage_changes_nothing(store: Store) -> None:
    store._db.delete(layout.undo(b"key5", 3))
    before = list(store._db.iterator())
    with pytest.raises(Corrupt):
        store.rollback()
    assert list(store._db.iterator()) == before
    assert (store.version, store.get(b"key1")) == (3, b"3")
    store.verify()
