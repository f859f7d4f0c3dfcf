"""Who else may read or change the files of a home."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from assay.node.committee.identity import DIRECTORY
from assay.node.home import Home, HomeError

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_SECRETS: Final = ("config/priv_validator_key.json", "config/node_key.json", DIRECTORY)
_OWN: Final = (".", "config", "config/config.toml", "config/genesis.json", "assayd.toml", "data")


def check_modes(home: Home) -> None:
    """Refuse a home whose keys others can read, or whose settings others can change.

    Raises
    ------
    HomeError
        With a sentence for each file, and the command that mends it.
    """
    faults = list(mode_faults(home))
    if faults:
        raise HomeError("; ".join(faults))


def mode_faults(home: Home) -> Iterator[str]:
    """Yield what is wrong, each with the command that mends it."""
    for path in _secrets(home.path):
        try:
            found = path.stat()
        except FileNotFoundError:
            continue  # a running node has erased it meanwhile
        mode = stat.S_IMODE(found.st_mode)
        wanted = "700" if stat.S_ISDIR(found.st_mode) else "600"
        if mode & _OTHERS:
            yield f"others may read {path} (mode {mode:04o}): chmod {wanted} {path}"
        if found.st_uid not in (os.geteuid(), 0) and os.geteuid():
            yield f"{path} belongs to another user: chown {os.geteuid()} {path}"
    for name in _OWN:
        path = home.path / name
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & stat.S_IWOTH:
            yield f"everybody may change {path}: chmod o-w {path}"


def _secrets(home: Path) -> Iterator[Path]:
    """Yield the files and directories that only their owner may read, as far as they are there."""
    for name in _SECRETS:
        path = home / name
        if path.exists():
            yield path
            if path.is_dir():
                yield from sorted(path.iterdir())
