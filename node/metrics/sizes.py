"""How much room a node's data takes on disk."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

_KEPT_SECONDS: Final = 10.0


class DiskUse:
    """Sizes of the directories of a node's data, looked at anew every ten seconds at most.

    Parameters
    ----------
    data
        The directory ``data`` of the home.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._found: dict[str, int] = {}
        self._at = -_KEPT_SECONDS

    def stores(self) -> dict[str, int]:
        """Return bytes by directory: ``assay``, ``blockstore``, ``state``, ``tx_index``, ``cs.wal``, ..."""
        if time.monotonic() - self._at >= _KEPT_SECONDS:
            self._found = {
                entry.name.removesuffix(".db"): directory_bytes(Path(entry.path))
                for entry in sorted(os.scandir(self._data), key=lambda entry: entry.name)
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
            }
            self._at = time.monotonic()
        return self._found

    def free(self) -> int:
        """Return the bytes that this user can still write there."""
        found = os.statvfs(self._data)
        return found.f_bavail * found.f_frsize


def directory_bytes(path: Path) -> int:
    """Return how many bytes the files of a directory hold; those that vanish meanwhile count nothing."""
    total = 0
    for place, _, names in os.walk(path):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except FileNotFoundError:
                continue
    return total
