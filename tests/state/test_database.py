"""A damaged database is called damaged, whatever reading it raises, and is never taken for a new one."""

from __future__ import annotations

from pathlib import Path

import plyvel
import pytest

from assay.state.store import Corrupt, Store, layout


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Store.open(tmp_path, create=True) as store:
        store.commit(store.prepare(1, {b"key%d" % number: b"value" * 100 for number in range(3000)}))
    Store.open(tmp_path).close()  # moves everything from the log to tables
    return tmp_path


def damage(path: Path, first: int, step: int) -> None:
    content = bytearray(path.read_bytes())
    for place in range(first, len(content), step):
        content[place] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize(("first", "step"), [(0, 50), (10_000, 997), (1, 7)])
def test_a_damaged_table_is_reported(path: Path, first: int, step: int) -> None:
    for table in path.glob("*.ldb"):
        damage(table, first, step)
    with pytest.raises(Corrupt), Store.open(path) as store:
        store.verify()


def test_a_damaged_manifest_is_reported(path: Path) -> None:
    (manifest,) = path.glob("MANIFEST-*")
    damage(manifest, 0, 3)
    with pytest.raises(Corrupt, match="restore a backup or sync the node anew"):
        Store.open(path)


def test_a_store_that_has_lost_its_head_is_no_new_one(path: Path) -> None:
    database = plyvel.DB(str(path), compression=None)
    database.delete(layout.HEAD)
    database.close()
    with pytest.raises(Corrupt, match="does not say of which version"):
        Store.open(path, create=True)
