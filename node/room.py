"""Room on the disk: a node ends before there is none, so that nothing is written in part."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

LEAST_FREE: Final = 16 << 20
"""Bytes: more than one block with all that is written for it takes."""


class DiskFull(Exception):
    """There is too little room to go on."""


def shortage(path: Path) -> str:
    """Return a sentence if the disk of a directory has too little room, else nothing."""
    free = shutil.disk_usage(path).free
    if free >= LEAST_FREE:
        return ""
    return (
        f"the disk of {path} has {free} bytes left, a node needs {LEAST_FREE}: "
        "free some space, then start it again; nothing is lost"
    )


def check_room(path: Path) -> None:
    """Refuse to start on a disk that is full.

    Raises
    ------
    DiskFull
        With what to do.
    """
    if sentence := shortage(path):
        raise DiskFull(sentence)
