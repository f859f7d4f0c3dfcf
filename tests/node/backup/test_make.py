"""A backup of a node that is stopped; tests/e2e has running ones."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.node import cometbft, room
from assay.node.backup import manifest
from assay.node.backup.errors import BackupError
from assay.node.backup.make import make
from assay.node.backup.restore import restore
from assay.node.cli.commands import assayd
from assay.node.home import Home
from assay.state.store import Store


@pytest.fixture
def home(tmp_path: Path) -> Home:
    path = tmp_path / "home"
    assert CliRunner().invoke(assayd, ["--home", str(path), "init", "--param", "preset=small"]).exit_code == 0
    with Store.open(path / "data" / "assay", create=True) as store:
        store.commit(store.prepare(1, {b"key": b"value"}))
    return Home(path)


def test_everything_is_on_disk_for_good_when_a_backup_is_done(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    target = tmp_path / "backups" / "one"
    made = make(home, target)
    assert made.manifest.height == 1
    manifest.check(target, manifest.read(target))
    missed = [place for place in (target, *target.rglob("*")) if place.stat().st_ino not in synced]
    assert missed == []
    assert target.parent.stat().st_ino in synced


def test_a_backup_leaves_room_for_blocks(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node ends on a full disk."""
    monkeypatch.setattr(room, "SPARE", 1 << 80)
    with pytest.raises(room.DiskUnusable, match=r"for blocks: free some space"):
        make(home, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()
    assert [place.name for place in home.store.parent.iterdir() if place.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("saved", "given", "refused"),
    [
        ((7, 0, 3), (7, 0, 2), True),
        ((7, 1, 1), (7, 0, 3), True),
        ((7, 1, 1), (6, 9, 3), True),
        ((7, 1, 1), (7, 1, 1), False),
        ((7, 1, 3), (7, 2, 1), False),
        ((7, 1, 3), (8, 0, 1), False),
    ],
)
def test_a_record_of_what_was_signed_that_is_older_than_the_backup_s_is_refused(
    home: Home,
    tmp_path: Path,
    saved: tuple[int, int, int],
    given: tuple[int, int, int],
    refused: bool,
) -> None:
    """With it the validator could sign the same height, round and step a second time."""

    def write(path: Path, what: tuple[int, int, int]) -> Path:
        path.write_text(json.dumps(dict(zip(("height", "round", "step"), what, strict=True))))
        return path

    write(cometbft.signed_file(home.path), saved)
    make(home, tmp_path / "backup")
    record = write(tmp_path / "record.json", given)
    if refused:
        with pytest.raises(BackupError, match="this is not the latest record"):
            restore(tmp_path / "backup", tmp_path / "new", record)
        assert not (tmp_path / "new").exists()
    else:
        restore(tmp_path / "backup", tmp_path / "new", record)
        assert cometbft.signed_file(tmp_path / "new").read_bytes() == record.read_bytes()
