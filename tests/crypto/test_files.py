"""Private files: whole or not at all, and nobody else's."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from assay.crypto import files


def test_a_file_is_private_from_its_first_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    real = os.fsync

    def watch(descriptor: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    files.write_private(tmp_path / "secret", b"x")
    assert modes[0] == 0o600
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_file_is_replaced_only_if_it_may_be(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    files.write_private(path, b"one")
    files.write_private(path, b"two")
    with pytest.raises(FileExistsError):
        files.write_private(path, b"three", replace=False)
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    files.write_private(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write_private(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_reading_is_bounded(tmp_path: Path) -> None:
    files.write_private(tmp_path / "secret", b"12345")
    assert files.read_private(tmp_path / "secret", 5) == b"12345"
    with pytest.raises(ValueError, match="more than 4 bytes"):
        files.read_private(tmp_path / "secret", 4)


def test_a_file_others_may_read_is_refused(tmp_path: Path) -> None:
    files.write_private(tmp_path / "secret", b"x")
    (tmp_path / "secret").chmod(0o640)
    with pytest.raises(files.UnsafeMode, match=r"mode 0640.*chmod 600"):
        files.read_private(tmp_path / "secret", 5)
