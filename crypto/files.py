"""Files that only their owner may read, written whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import Final

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class UnsafeMode(Exception):
    """A secret file can be read or written by others."""


def ensure_private_dir(directory: Path) -> None:
    """Make a directory, and its parents, with mode 0700 if it is not there."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Write a file of mode 0600 so that after a crash it is there whole or not at all.

    Parameters
    ----------
    path
        The file; its directory exists.
    data
        Its whole content.
    replace
        Whether a file that is there may be replaced.

    Raises
    ------
    FileExistsError
        If the file is there and may not be replaced.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(temporary, path)
        else:
            os.link(temporary, path)  # unlike rename, refuses an existing target
            temporary.unlink()
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def read_private(path: Path, max_bytes: int) -> bytes:
    """Return the content of a file that only its owner may read.

    Raises
    ------
    UnsafeMode
        If others may read or write the file.
    ValueError
        If it has more than `max_bytes` bytes.
    """
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & _OTHERS:
            raise UnsafeMode(f"others may read {path} (mode {mode:04o}); run: chmod 600 {path}")
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise ValueError(f"{path} has more than {max_bytes} bytes")
    return data


def sync(path: Path) -> None:
    """Make a file's content durable, or a directory's entries: files made, renamed or removed in it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
