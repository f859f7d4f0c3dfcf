"""Whether the disk can be written to: a node ends before it cannot, so that nothing is written in part."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

LEAST_FREE: Final = 16 << 20
"""Bytes: more than one block with all that is written for it takes."""
SPARE: Final = 16 * LEAST_FREE
"""Bytes of a node's disk that whatever else is written to it leaves for blocks."""


class DiskUnusable(Exception):
    """The disk is full, or is not to be written to."""


def shortage(path: Path) -> str:
    """Return a sentence if the disk of a directory is read-only or has too little room, else nothing."""
    if not os.access(path, os.W_OK):
        return (
            f"nothing can be written to {path}: its disk is read-only, or the directory is another user's; "
            "mend that, then start the node again; nothing is lost"
        )
    free = shutil.disk_usage(path).free
    if free >= LEAST_FREE:
        return ""
    return (
        f"the disk of {path} has {free} bytes left, a node needs {LEAST_FREE}: "
        "free some space, then start it again; nothing is lost"
    )


def check_room(path: Path) -> None:
    """Refuse to start on a disk that is full or read-only.

    Raises
    ------
    DiskUnusable
        With what to do.
    """
    if sentence := shortage(path):
        raise DiskUnusable(sentence)


def check_spare(path: Path, size: int) -> None:
    """Refuse to write so many bytes, beside the blocks, to the disk of a directory that is short of room.

    Raises
    ------
    DiskUnusable
        With what to do.
    """
    free = shutil.disk_usage(path).free
    if free - size < SPARE:
        raise DiskUnusable(
            f"the disk of {path} has {free} bytes left; {size} more would leave less than {SPARE} for "
            "blocks: free some space"
        )
