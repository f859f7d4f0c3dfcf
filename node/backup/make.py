"""Making a backup of a node that runs or is stopped."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assay.crypto.files import sync
from assay.node import cometbft
from assay.node.backup.errors import BackupError
from assay.node.backup.freeze import cometbft_process, frozen
from assay.node.backup.manifest import FORMAT, Manifest, digest
from assay.node.home import Home
from assay.node.metrics.sizes import directory_bytes
from assay.node.room import DiskUnusable, check_spare
from assay.node.scratch import scratch_directory
from assay.node.store_copy import copy_store, link_or_copy
from assay.node.version import VERSION

_SETTINGS: Final = ("assayd.toml", "config", "committee")
_WAL: Final = "cs.wal"
_TABLES: Final = (".ldb", ".sst")
_LEFT_OUT: Final = ("LOCK", "LOG", "LOG.old")


@dataclass(frozen=True)
class Made:
    """What became of a backup.

    Attributes
    ----------
    manifest
        What it consists of.
    size
        Bytes.
    still_seconds
        How long CometBFT was made to stand still; 0 if the node was stopped.
    """

    manifest: Manifest
    size: int
    still_seconds: float


def make(home: Home, target: Path) -> Made:
    """Copy a node into a new directory that is a home again, but for the addresses in it.

    Tables of databases are linked into a directory beside them while CometBFT stands still, and copied
    afterwards.

    Parameters
    ----------
    home
        A complete home.
    target
        A directory that does not exist.

    Raises
    ------
    BackupError
        If it exists, or CometBFT cannot be made to stand still.
    StoreError
        If the application's store cannot be copied.
    DiskUnusable
        If it would leave the node too little room for blocks.
    OSError
        If something cannot be written; what was made of the backup stays, without its ``backup.json``.
    """
    _make_directory(target)
    data = home.store.parent
    with scratch_directory(data) as staging:
        began = time.monotonic()
        running = home.is_running()
        with frozen(cometbft_process(home)) if running else nullcontext():
            _stage(data, staging)
            height = copy_store(home.store, staging / home.store.name)
        still = time.monotonic() - began if running else 0.0
        _check_room(home, target, staging)
        files = dict(_copy(home.path, target, staging))
    made = Manifest(FORMAT, VERSION, home.genesis()["chain_id"], height, int(time.time()), files)
    made.write(target)
    sync(target.parent)
    return Made(made, sum((target / name).stat().st_size for name in files), still)


def _make_directory(target: Path) -> None:
    try:
        target.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise BackupError(f"{target} is there already: name a directory that is not") from None


def _check_room(home: Home, target: Path, staging: Path) -> None:
    """Refuse to fill the node's own disk, on which it would end; nothing is left of the backup then."""
    if target.stat().st_dev != home.path.stat().st_dev:
        return
    try:
        check_spare(target, directory_bytes(staging))
    except DiskUnusable:
        target.rmdir()
        raise


def _stage(data: Path, staging: Path) -> None:
    """Link or copy what CometBFT keeps, as of now; it must not write meanwhile."""
    shutil.copy2(cometbft.signed_file(data.parent), staging)
    for place in sorted(data.iterdir()):
        if place.is_dir() and (place.suffix == ".db" or place.name == _WAL):
            (staging / place.name).mkdir(mode=0o700)
            for file in place.iterdir():
                if file.name not in _LEFT_OUT:
                    link_or_copy(file, staging / place.name / file.name, link=_is_final(file))


def _is_final(file: Path) -> bool:
    """Whether a file is never written again: a table, or a part of CometBFT's log that has been rotated."""
    return file.suffix in _TABLES or (file.parent.name == _WAL and file.suffix != "")


def _copy(home: Path, target: Path, staging: Path) -> Iterator[tuple[str, str]]:
    """Copy settings, keys and what was staged; yield each file's path and digest."""
    for name in _SETTINGS:
        yield from _copy_tree(home / name, target / name, target)
    yield from _copy_tree(staging, target / "data", target)


def _copy_tree(source: Path, target: Path, root: Path) -> Iterator[tuple[str, str]]:
    if source.is_dir():
        target.mkdir(mode=0o700)
        for entry in sorted(source.iterdir()):
            yield from _copy_tree(entry, target / entry.name, root)
        sync(target)
    elif source.is_file():
        shutil.copy2(source, target)
        sync(target)
        yield str(target.relative_to(root)), digest(target)
