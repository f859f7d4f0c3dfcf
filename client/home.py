"""The directory in which a person's keys, settings and unfinished work are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from assay.client.errors import ClientError
from assay.crypto.files import UnsafeMode, ensure_private_dir, read_private, write_private
from assay.crypto.keystore import Cost, Keystore

ENVIRONMENT: Final = "ASSAY_HOME"
_MAX_FILE_BYTES: Final = 64 << 20


class HomeError(ClientError):
    """A file of the home directory is missing, damaged, or readable by others."""


def default_home(environ: Mapping[str, str]) -> Path:
    """Return ``$ASSAY_HOME``, else ``~/.assay``."""
    named = environ.get(ENVIRONMENT)
    return Path(named) if named else Path.home() / ".assay"


class Home:
    """A client's home directory.

    Parameters
    ----------
    path
        Made when something is first written; the directories in it have mode 0700, their files 0600.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def keystore(self, cost: Cost | None = None) -> Keystore:
        """Return the store of encrypted keys."""
        return Keystore(self.path / "keys", cost)

    def write(self, directory: str, name: str, data: bytes) -> Path:
        """Write a private file whole, replacing one of the same name."""
        folder = self.path / directory if directory else self.path
        ensure_private_dir(folder)
        write_private(folder / name, data)
        return folder / name

    def read(self, directory: str, name: str) -> bytes | None:
        """Return a private file's content, or None if it is not there."""
        path = self.path / directory / name
        try:
            return read_private(path, _MAX_FILE_BYTES)
        except FileNotFoundError:
            return None
        except (UnsafeMode, ValueError) as error:
            raise HomeError(str(error)) from None

    def remove(self, directory: str, name: str) -> None:
        """Delete a file if it is there."""
        (self.path / directory / name).unlink(missing_ok=True)

    def read_json(self, directory: str, name: str) -> Any:
        """Return a JSON file's content, or None if it is not there."""
        data = self.read(directory, name)
        if data is None:
            return None
        try:
            return json.loads(data)
        except (RecursionError, ValueError):
            raise HomeError(
                f"{self.path / directory / name} is damaged: it is not JSON; restore it, or remove it"
            ) from None

    def write_json(self, directory: str, name: str, value: Any) -> Path:
        """Write a JSON file whole."""
        return self.write(directory, name, json.dumps(value, indent=2).encode() + b"\n")
