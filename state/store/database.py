"""The database under the store: opened, and in words what is wrong with it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import plyvel

from assay.state.store.errors import Corrupt, StoreError

REMEDY: Final = "restore a backup or sync the node anew"

_OPTIONS: Final[dict[str, Any]] = {
    # Hashes and ciphertexts do not compress, and blocks that are not compressed are read in place.
    "compression": None,
    "bloom_filter_bits": 10,
    "write_buffer_size": 16 << 20,
    "lru_cache_size": 8 << 20,
}

# What decoding raises when it is given bytes that nobody encoded.
_MALFORMED: Final = (IndexError, ValueError, struct.error)


def open_database(path: Path | str, *, create: bool) -> Any:
    """Open the LevelDB in a directory.

    Raises
    ------
    StoreError
        If there is none, or another process has it open; `Corrupt` if its files are damaged.
    """
    if not create and not (Path(path) / "CURRENT").exists():
        raise StoreError(f"there is no store in {path}; initialise the node first")
    with legible(f"the store in {path}"):
        try:
            return plyvel.DB(str(path), create_if_missing=create, **_OPTIONS)
        except plyvel.IOError as error:
            raise StoreError(
                f"the store in {path} cannot be opened, is another process using it? ({_words(error)})"
            ) from None


@contextmanager
def legible(what: str) -> Iterator[None]:
    """Turn whatever reading a damaged database raises into `Corrupt`."""
    try:
        yield
    except (plyvel.Error, *_MALFORMED) as error:
        raise Corrupt(f"{what} is damaged: {_words(error)}; {REMEDY}") from None


def _words(error: Exception) -> str:
    first = error.args[0] if error.args else type(error).__name__
    return first.decode(errors="replace") if isinstance(first, bytes) else str(first)
