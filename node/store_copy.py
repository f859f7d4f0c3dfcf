"""Reading the store of a node that is running.

LevelDB admits one process. Its table files never change once written, so a
copy of the few files that do, beside hard links to the tables, is what a crash
at this moment would leave behind, and LevelDB recovers from that.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from assay.node.scratch import scratch_directory
from assay.state.store import Corrupt, Store, StoreError

_TRIES: Final = 5
_TABLES: Final = (".ldb", ".sst")


@contextlib.contextmanager
def readable_store(path: Path, *, untouched: bool = False) -> Iterator[Store]:
    """Open a store, or, while a node has it open, a copy of it as of now.

    Parameters
    ----------
    path
        Directory of the store.
    untouched
        Whether to open a copy in any case: LevelDB changes files when it opens them.

    Raises
    ------
    StoreError
        If there is no store, or no consistent copy could be had; `Corrupt` if its files are damaged.
    """
    if untouched:
        with _copy_of(path) as store:
            yield store
        return
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


def copy_store(path: Path, target: Path) -> int:
    """Copy a store, also one that a node has open, tables by links; return the height the copy stands at.

    Parameters
    ----------
    path
        Directory of the store.
    target
        A directory that does not exist, on the same file system.

    Raises
    ------
    StoreError
        If there is no store, or no consistent copy could be had.
    """
    if not (path / "CURRENT").exists():
        raise StoreError(f"there is no store in {path}; has this node ever run?")
    with scratch_directory(path.parent) as scratch:
        place, store = _copied(path, scratch)
        with store:
            height = store.version
        os.rename(place, target)
    return height


def link_or_copy(source: Path, target: Path, *, link: bool) -> None:
    """Give a file another name if it is never written again, and copy it if it is or lies on another disk."""
    if link:
        try:
            os.link(source, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
        else:
            return
    shutil.copyfile(source, target)


@contextlib.contextmanager
def _copy_of(path: Path) -> Iterator[Store]:
    with scratch_directory(path.parent) as scratch, _copied(path, scratch)[1] as store:
        yield store


def _copied(path: Path, scratch: Path) -> tuple[Path, Store]:
    """Copy a store and open the copy; `Corrupt` if none of several copies can be read."""
    sentence = ""
    for attempt in range(_TRIES):
        target = scratch / str(attempt)
        try:
            _copy(path, target)
            return target, Store.open(target)
        except (FileNotFoundError, StoreError) as error:
            # A compaction may have removed a table meanwhile; the next copy will have its successor.
            sentence = str(error).replace(str(target), str(path)) if isinstance(error, Corrupt) else ""
    if sentence:
        raise Corrupt(sentence)
    raise StoreError(f"no consistent copy of {path} could be made while the node runs; try again")


def _copy(path: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    names = sorted(os.listdir(path), key=lambda name: name.endswith(_TABLES))
    for name in names:
        if name != "LOCK":
            link_or_copy(path / name, target / name, link=name.endswith(_TABLES))
