import os
from pathlib import Path

import pytest

from assay.node.metrics.sizes import DiskUse, directory_bytes


def test_directories_are_measured_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "assay").mkdir()
    (tmp_path / "assay" / "1.ldb").write_bytes(bytes(100))
    (tmp_path / "cs.wal" / "inner").mkdir(parents=True)
    (tmp_path / "cs.wal" / "inner" / "wal").write_bytes(bytes(7))
    (tmp_path / "tx_index.db").mkdir()
    (tmp_path / ".scratch-1").mkdir()
    (tmp_path / "cometbft.log").write_bytes(bytes(50))
    use = DiskUse(tmp_path)
    assert use.stores() == {"assay": 100, "cs.wal": 7, "tx_index": 0}
    (tmp_path / "assay" / "2.ldb").write_bytes(bytes(100))
    assert use.stores()["assay"] == 100  # looked at a moment ago
    monkeypatch.setattr("time.monotonic", lambda: 1e12)
    assert use.stores()["assay"] == 200
    assert 0 < use.free() <= os.statvfs(tmp_path).f_blocks * os.statvfs(tmp_path).f_frsize


def test_a_link_counts_as_itself(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/nowhere/at/all")
    assert directory_bytes(tmp_path) == len("/nowhere/at/all")
    assert directory_bytes(tmp_path / "missing") == 0
