"""What a backup consists of, and whether it is still that."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

from assay.crypto.files import sync
from assay.node.backup.errors import BackupError
from assay.node.home import BACKUP_FILE

FORMAT: Final = 1


@dataclass(frozen=True)
class Manifest:
    """The contents of ``backup.json``.

    Attributes
    ----------
    format
        Of this file and of the directory's layout.
    version
        Of the program that made it.
    chain_id, height
        Where the application stood.
    made_at
        Seconds of Unix time.
    files
        SHA-256 by path.
    """

    format: int
    version: str
    chain_id: str
    height: int
    made_at: int
    files: dict[str, str]

    def write(self, directory: Path) -> None:
        """Write it into a backup, durably; it comes last, so a backup without it is not whole."""
        path = directory / BACKUP_FILE
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        sync(path)
        sync(directory)


def read(directory: Path) -> Manifest:
    """Read a backup's manifest.

    Raises
    ------
    BackupError
        If it is no backup, or one this program cannot read.
    """
    path = directory / BACKUP_FILE
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if record["format"] != FORMAT:
            raise BackupError(f"{directory} has format {record['format']}, this program reads {FORMAT}")
        return Manifest(**record)
    except FileNotFoundError:
        raise BackupError(f"{directory} is no whole backup: it has no {BACKUP_FILE}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{path} cannot be read: {error}") from None


def digest(path: Path) -> str:
    """Return a file's SHA-256, in hexadecimal digits."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def check(directory: Path, manifest: Manifest) -> None:
    """Compare every file of a backup with its digest.

    Raises
    ------
    BackupError
        At the first that is missing, changed, or not named.
    """
    found = {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}
    for name in sorted(found ^ {*manifest.files, BACKUP_FILE}):
        state = "is missing" if name in manifest.files else "does not belong to it"
        raise BackupError(f"the backup {directory} is damaged: {name} {state}")
    for name, expected in manifest.files.items():
        if digest(directory / name) != expected:
            raise BackupError(f"the backup {directory} is damaged: {name} is not what was saved")
