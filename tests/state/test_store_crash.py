"""Whatever ends the process, the store stands at the last version it committed."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest
from tests.state import store_writer
from tests.state.naive_tree import naive_root

from assay.state.store import Store


def start(directory: Path, last: int, *mode: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, store_writer.__file__, str(directory), str(last), *mode]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def kill(process: subprocess.Popen[str]) -> int:
    """Kill a writer and return the last version it said it had committed, 0 if none."""
    process.kill()
    said, _ = process.communicate()
    versions = [int(line.split()[1]) for line in said.splitlines(keepends=True) if line.endswith("\n")]
    return max(versions, default=0)


def check(directory: Path, version: int) -> None:
    """The store is whole and holds exactly what that version should."""
    with Store.open(directory) as store:
        assert store.version == version
        assert store.verify()[0] == len(store_writer.records(version))
        assert dict(store.iterate()) == store_writer.records(version)
        assert store.root == naive_root(store_writer.records(version))
        for kept in range(store.oldest_version, version + 1):
            assert store.root_at(kept) == naive_root(store_writer.records(kept))
        place = (b"%d" % version, sha256(store_writer.bulk(version)).digest())
        assert list(store.bulk_places()) == ([place] if version else [])


def test_killed_between_prepare_and_commit(tmp_path: Path) -> None:
    start(tmp_path, 3).wait()
    writer = start(tmp_path, 4, "pause")
    assert writer.stdout is not None
    assert writer.stdout.readline() == "prepared 4\n"
    writer.kill()
    writer.communicate()
    check(tmp_path, 3)


def test_killed_at_any_moment_of_writing(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    version = 0
    for _ in range(8):
        writer = start(tmp_path, 10_000)
        assert writer.stdout is not None
        first = writer.stdout.readline()  # after this the writer does nothing but prepare and commit
        assert first == f"committed {version + 1}\n"
        time.sleep(draw.random() / 20)
        said = max(kill(writer), version + 1)
        with Store.open(tmp_path) as store:
            version = store.version
        # The last commit may have been durable just before it could be said.
        assert version in (said, said + 1)
        check(tmp_path, version)


@pytest.mark.parametrize("lost", [1, 100, 5000, 60_000])
def test_a_batch_that_reached_the_disk_in_part_is_not_there(tmp_path: Path, lost: int) -> None:
    """As after a power cut: the end of the last log file is missing."""
    store = Store.open(tmp_path / "live", create=True, retain_versions=4)
    for version in (1, 2):
        data = store_writer.bulk(version)
        puts = {(b"%d" % version, sha256(data).digest()): data}
        changes = store_writer.changes(version)
        store.commit(store.prepare(version, changes, puts, [b"%d" % (version - 1)]))
    shutil.copytree(tmp_path / "live", tmp_path / "copy")  # while open: closing changes nothing that matters
    store.close()
    log = max((tmp_path / "copy").glob("*.log"))
    os.truncate(log, log.stat().st_size - lost)
    check(tmp_path / "copy", 1)


def test_two_processes_cannot_write_one_store(tmp_path: Path) -> None:
    start(tmp_path, 1).wait()
    with Store.open(tmp_path) as store:
        writer = start(tmp_path, 2)
        writer.communicate()
        assert writer.returncode != 0
        assert store.version == 1
