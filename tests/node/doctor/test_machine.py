import os
import resource
from collections import namedtuple
from importlib.metadata import PackageNotFoundError

import pytest

from assay.node.doctor import machine
from assay.node.doctor.findings import Level
from assay.node.home import Home

Usage = namedtuple("Usage", "total used free")


def test_versions_name_what_decides_results(home: Home) -> None:
    found = {each.subject: each for each in machine.versions(home)}
    assert {each.level for each in found.values()} == {Level.OK}
    assert "says 0.39.0" in found["cometbft"].text
    assert "tenseal 0." in found["libraries"].text
    assert "compiled" in found["numba"].text


def test_what_is_missing_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(machine, "version", nothing)
    home.change_settings({"cometbft": {"binary": "/nowhere/cometbft"}})
    found = [(each.level, each.subject) for each in machine.versions(home)]
    assert (Level.WRONG, "cometbft") in found
    assert (Level.WRONG, "libraries") in found
    assert (Level.NOTE, "numba") in found


@pytest.mark.parametrize(
    ("limits", "level"), [((1024, 4096), Level.WRONG), ((8192, -1), Level.OK), ((-1, -1), Level.OK)]
)
def test_open_files(limits: tuple[int, int], level: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: limits)
    (found,) = [each for each in machine.limits() if each.subject == "open files"]
    assert found.level is level
    assert ("ulimit -n" in found.remedy) is (level is Level.WRONG)


def test_one_processor_and_little_memory_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0})
    monkeypatch.setattr(os, "sysconf", lambda _name: 1 << 10)
    found = {each.subject: each.level for each in machine.limits()}
    assert (found["processors"], found["memory"]) == (Level.NOTE, Level.NOTE)


@pytest.mark.parametrize(("synced", "level"), [(True, Level.OK), (False, Level.NOTE), (None, Level.NOTE)])
def test_the_clock(synced: bool | None, level: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "kernel_clock_synced", lambda: synced)
    (found,) = machine.clock()
    assert found.level is level


def test_the_kernel_can_be_asked_for_its_clock() -> None:
    assert machine.kernel_clock_synced() in (True, False, None)


@pytest.mark.parametrize(
    ("free", "seconds", "levels"),
    [
        (500 << 30, 0.001, [Level.OK, Level.OK]),
        (5 << 30, 0.1, [Level.NOTE, Level.NOTE]),
        (5 << 20, 1.0, [Level.WRONG, Level.WRONG]),
    ],
)
def test_the_disk(
    home: Home, free: int, seconds: float, levels: list[Level], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _path: Usage(1 << 40, 0, free))
    monkeypatch.setattr(machine, "sync_seconds", lambda _path: seconds)
    assert [each.level for each in machine.disk(home)] == levels


def test_measuring_the_disk_leaves_nothing_behind(home: Home) -> None:
    before = sorted(os.listdir(home.store.parent))
    assert machine.sync_seconds(home.store.parent) > 0
    assert sorted(os.listdir(home.store.parent)) == before
