"""Directories for a while, beside the data of a node: removed even if whoever made them was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PREFIX: Final = ".scratch-"
"""The dot keeps them out of the sizes of a node's directories."""


@contextlib.contextmanager
def scratch_directory(parent: Path) -> Iterator[Path]:
    """Make a directory that is removed when the context is left; remove those that nobody uses any more."""
    with contextlib.ExitStack() as stack:
        with _locked(parent):  # so that nobody takes the new one for one that was left
            sweep(parent)
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=_PREFIX, dir=parent)))
            stack.enter_context(_locked(place))
        yield place


def sweep(parent: Path) -> None:
    """Remove what killed processes have left; a directory is in use as long as a process has it locked.

    What another user has left, a backup made by root for example, stays: that is no reason not to go on.
    """
    for place in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), _locked(place, fcntl.LOCK_NB):
            shutil.rmtree(place)


@contextlib.contextmanager
def _locked(directory: Path, how: int = 0) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
        yield
    finally:
        os.close(descriptor)
