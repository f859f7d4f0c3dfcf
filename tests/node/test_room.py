"""A node does not begin, or go on, on a full disk or on one that is read-only."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.node import room


def test_a_disk_with_room_is_passed_over(tmp_path: Path) -> None:
    assert room.shortage(tmp_path) == ""
    room.check_room(tmp_path)


def test_a_full_disk_is_refused_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LEAST_FREE", 1 << 80)
    with pytest.raises(room.DiskUnusable, match=r"bytes left, a node needs .*: free some space"):
        room.check_room(tmp_path)


def test_what_cannot_be_written_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a read-only disk, also for the superuser."""
    monkeypatch.setattr(room.os, "access", lambda path, mode: (path, mode) != (tmp_path, room.os.W_OK))
    with pytest.raises(room.DiskUnusable, match="its disk is read-only"):
        room.check_room(tmp_path)
