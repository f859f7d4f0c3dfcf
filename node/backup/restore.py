"""Putting a backup back."""

from __future__ import annotations

import shutil
from pathlib import Path

from assay.node import cometbft
from assay.node.abci.server import check_unix_path
from assay.node.backup import manifest
from assay.node.backup.errors import BackupError
from assay.node.backup.manifest import Manifest
from assay.node.cometbft import Signed
from assay.node.home import BACKUP_FILE, Home, removed_on_failure
from assay.node.tomlfile import set_values


def restore(backup: Path, path: Path, signed: Path | None) -> Manifest:
    """Make a home of a backup, once every file of it has been compared with its digest.

    Parameters
    ----------
    backup
        Made by `assay.node.backup.make.make`.
    path
        A directory that does not exist or is empty.
    signed
        The validator's latest record of what it has signed (``data/priv_validator_state.json`` of the home
        that is given up), to be used instead of the backup's older one.

    Raises
    ------
    BackupError
        If the backup is damaged, or the record is older than the backup's.
    CometBFTError
        If either is no such record.
    HomeError, AddressError
        If the home is not empty, or its path is too long.
    """
    home = Home(path.absolute())
    check_unix_path(home.socket)
    found = manifest.read(backup)
    manifest.check(backup, found)
    with removed_on_failure(path):
        shutil.copytree(backup, path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(BACKUP_FILE))
        path.chmod(0o700)
        text = home.config_file.read_text(encoding="utf-8")
        text = set_values(text, {"proxy_app": f"unix://{home.socket}"})
        home.config_file.write_text(text, encoding="utf-8")
        if signed is not None:
            _take_signed(home, signed)
    return found


def _take_signed(home: Home, signed: Path) -> None:
    """Replace the record of what was signed by a newer one."""
    newer, older = cometbft.read_signed(signed), cometbft.read_signed(cometbft.signed_file(home.path))
    if newer < older:
        raise BackupError(
            f"{signed} says that the validator has signed up to {_words(newer)}, and the backup's record "
            f"says {_words(older)}: this is not the latest record"
        )
    shutil.copy2(signed, cometbft.signed_file(home.path))


def _words(signed: Signed) -> str:
    return f"height {signed.height}, round {signed.round}, step {signed.step}"
