"""Copies of a store are made in directories that do not outlive whoever made them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.node.scratch import sweep
from assay.node.store_copy import copy_store, readable_store
from assay.state.store import Corrupt, Store

READER = """
import sys, time
from pathlib import Path
from assay.node.scratch import sweep
from assay.node.store_copy import readable_store
with readable_store(Path(sys.argv[1]), untouched=True):
    print("open", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Store.open(tmp_path / "store", create=True) as store:
        store.commit(store.prepare(1, {b"key": b"value"}))
    return tmp_path / "store"


@pytest.fixture
def reader(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that reads a copy of the store."""
    with subprocess.Popen([sys.executable, "-c", READER, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        yield process
        process.kill()


def others(path: Path) -> list[Path]:
    return [place for place in path.parent.iterdir() if place != path]


def read(path: Path) -> bytes | None:
    with readable_store(path, untouched=True) as store:
        return store.get(b"key")


def test_a_copy_is_removed_when_it_has_been_read(path: Path) -> None:
    assert read(path) == b"value"
    assert others(path) == []


def test_what_a_killed_reader_left_is_removed_by_the_next(
    path: Path, reader: subprocess.Popen[bytes]
) -> None:
    """Its links would keep tables on the disk that the store has long rewritten."""
    assert len(others(path)) == 1
    os.kill(reader.pid, signal.SIGKILL)
    reader.wait()
    assert read(path) == b"value"
    assert others(path) == []


@pytest.mark.usefixtures("reader")
def test_what_another_reader_uses_stays(path: Path) -> None:
    before = others(path)
    assert len(before) == 1
    assert read(path) == b"value"
    assert others(path) == before


def test_a_damaged_store_is_called_that(path: Path, tmp_path: Path) -> None:
    next(path.glob("MANIFEST-*")).write_bytes(b"nonsense")
    with pytest.raises(Corrupt, match=r"is damaged: .*restore a backup"):
        read(path)
    with pytest.raises(Corrupt, match=r"is damaged: .*restore a backup"):
        copy_store(path, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_what_cannot_be_removed_stops_nobody(path: Path) -> None:
    (path.parent / ".scratch-of-somebody").touch()
    sweep(path.parent)
    assert read(path) == b"value"
