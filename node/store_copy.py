"""Reading the store of a node that is running.

LevelDB admits one process. Its table files never change once written, so a
copy of the few files that do, beside hard links to the tables, is what a crash
at this moment would leave behind, and LevelDB recovers from that.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from assay.state.store import Corrupt, Store, StoreError

_TRIES: Final = 5
_TABLES: Final = (".ldb", ".sst")


@contextlib.contextmanager
def readable_store(path: Path) -> Iterator[Store]:
    """Open a store, or, while a node has it open, a copy of it as of now.

    Raises
    ------
    StoreError
        If there is no store, or no consistent copy could be had; `Corrupt` if its files are damaged.
    """
    try:
        store = Store.open(path)
    except Corrupt:
        raise
    except StoreError:
        if not (path / "CURRENT").exists():
            raise
    else:
        with store:
            yield store
        return
    with _copy_of(path) as store:
        yield store


@contextlib.contextmanager
def store_at(path: Path, height: int) -> Iterator[Store]:
    """Open a copy of a stopped node's store as it was after a height; 0 is the last one.

    Raises
    ------
    StoreError
        If there is no store, a node has it open, or the height is not kept.
    """
    with Store.open(path) as store:
        newest, oldest = store.version, store.oldest_version
    if not oldest <= (height or newest) <= newest:
        raise StoreError(f"height {height} is not kept; there are {oldest} to {newest}")
    with _copy_of(path) as store:
        while height and store.version > height:
            store.rollback()
        yield store


@contextlib.contextmanager
def _copy_of(path: Path) -> Iterator[Store]:
    scratch = tempfile.TemporaryDirectory(prefix=".verify-", dir=path.parent)
    with scratch as name, _open_copy(path, Path(name)) as store:
        yield store


def _open_copy(path: Path, scratch: Path) -> Store:
    for attempt in range(_TRIES):
        target = scratch / str(attempt)
        try:
            _copy(path, target)
            return Store.open(target)
        except (FileNotFoundError, StoreError):
            # A compaction removed a table meanwhile; the next copy will have its successor.
            continue
    raise StoreError(f"no consistent copy of {path} could be made while the node runs; try again")


def _copy(path: Path, target: Path) -> None:
    target.mkdir()
    names = sorted(os.listdir(path), key=lambda name: name.endswith(_TABLES))
    for name in names:
        if name.endswith(_TABLES):
            os.link(path / name, target / name)
        elif name != "LOCK":
            shutil.copyfile(path / name, target / name)
