import json
from pathlib import Path

import pytest

from assay.node.backup import manifest
from assay.node.backup.errors import BackupError
from assay.node.backup.manifest import FORMAT, Manifest


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "one").write_bytes(b"1")
    (tmp_path / "two").write_bytes(b"2")
    files = {name: manifest.digest(tmp_path / name) for name in ("data/one", "two")}
    Manifest(FORMAT, "0.1.0", "chain", 7, 1_700_000_000, files).write(tmp_path)
    return tmp_path


def test_what_was_written_is_read_and_holds(backup: Path) -> None:
    found = manifest.read(backup)
    assert (found.chain_id, found.height, set(found.files)) == ("chain", 7, {"data/one", "two"})
    manifest.check(backup, found)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("data/one", b"x", "data/one is not what was saved"),
        ("data/one", None, "data/one is missing"),
        ("data/three", b"3", "data/three does not belong to it"),
    ],
)
def test_damage_is_named(backup: Path, name: str, content: bytes | None, sentence: str) -> None:
    if content is None:
        (backup / name).unlink()
    else:
        (backup / name).write_bytes(content)
    with pytest.raises(BackupError, match=sentence):
        manifest.check(backup, manifest.read(backup))


def test_a_directory_without_its_list_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="is no whole backup"):
        manifest.read(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", json.dumps({"format": FORMAT, "files": 3})])
def test_nonsense_is_no_backup(tmp_path: Path, text: str) -> None:
    (tmp_path / "backup.json").write_text(text)
    with pytest.raises(BackupError, match="cannot be read"):
        manifest.read(tmp_path)


def test_another_format_is_refused(backup: Path) -> None:
    record = json.loads((backup / "backup.json").read_text()) | {"format": FORMAT + 1}
    (backup / "backup.json").write_text(json.dumps(record))
    with pytest.raises(BackupError, match=f"has format {FORMAT + 1}, this program reads {FORMAT}"):
        manifest.read(backup)
