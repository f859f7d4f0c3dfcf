"""A damaged database is called damaged, whatever reading it raises, and is never taken for a new one."""

from __future__ import annotations

import shutil
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


def test_what_the_disk_has_changed_is_not_read(path: Path) -> None:
    """Each value lies in one table only, as it was written, so a turned bit in it changes nothing else."""
    (table,) = path.glob("*.ldb")
    content = table.read_bytes()
    place = content.index(b"value" * 100)
    table.write_bytes(content[:place] + b"VALUE" + content[place + 5 :])
    with Store.open(path) as store:
        for read in (lambda: store.get(b"key0"), lambda: list(store.iterate(b"key"))):
            with pytest.raises(Corrupt, match="checksum mismatch; restore a backup or sync the node anew"):
                read()
        with store.freeze() as frozen, pytest.raises(Corrupt, match="checksum mismatch"):
            frozen.get(b"key0")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.99])
def test_a_log_that_is_damaged_inside_is_reported(tmp_path: Path, share: float) -> None:
    """LevelDB would leave out the versions that are damaged and go on with those after them."""
    with Store.open(tmp_path / "store", create=True) as store:
        for version in range(1, 20):
            store.commit(store.prepare(version, {b"key%d" % version: b"value" * 1000}))
        shutil.copytree(tmp_path / "store", tmp_path / "copy")
    (log,) = (tmp_path / "copy").glob("*.log")
    content = bytearray(log.read_bytes())
    content[int(len(content) * share)] ^= 1
    log.write_bytes(content)
    with pytest.raises(Corrupt, match="restore a backup or sync the node anew"):
        Store.open(tmp_path / "copy")


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
