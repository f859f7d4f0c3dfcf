"""The database under the store: opened, and in words what is wrong with it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import plyvel

from assay.state.store.errors import Corrupt, StoreError

REMEDY: Final = "restore a backup or sync the node anew"

_OPTIONS: Final[dict[str, Any]] = {
    # Hashes and ciphertexts do not compress, and blocks that are not compressed are read in place.
    "compression": None,
    "bloom_filter_bits": 10,
    "write_buffer_size": 16 << 20,
    "lru_cache_size": 8 << 20,
    # Else a damaged batch in the middle of the log is left out, and later ones are put on top of the gap.
    "paranoid_checks": True,
}

# What decoding raises when it is given bytes that nobody encoded.
_MALFORMED: Final = (IndexError, ValueError, struct.error)


class Entries:
    """An iterator over a LevelDB, closed at the end of a `with`; made by `Checked.iterator`."""

    def __init__(self, source: Any, where: str) -> None:
        self._source, self._where = source, where
        self.seek = source.seek

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._source
        except plyvel.Error as error:
            raise _corrupt(self._where, error) from None

    def __next__(self) -> Any:
        try:
            return next(self._source)
        except plyvel.Error as error:
            raise _corrupt(self._where, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()


class Checked:
    """A LevelDB, or a snapshot of one, of which nothing is read that does not have its checksum.

    LevelDB itself compares checksums only when it is told to; a bit that the disk has turned would become
    state, and another app hash than everybody else's.

    Parameters
    ----------
    source
        What plyvel made; closed by `close`.
    where
        What it is, for sentences.
    """

    def __init__(self, source: Any, where: str) -> None:
        self._source, self._where = source, where
        self._get = partial(source.get, verify_checksums=True)
        self._iterator = partial(source.iterator, verify_checksums=True)
        self.close = source.close

    def get(self, key: bytes) -> Any:
        """Return the value under a key, or None; `Corrupt` if it is not as it was written."""
        try:
            return self._get(key)
        except plyvel.Error as error:
            raise _corrupt(self._where, error) from None

    def iterator(self, **options: Any) -> Entries:
        """Return plyvel's iterator over some keys; `Corrupt` where one is not as it was written."""
        return Entries(self._iterator(**options), self._where)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Database(Checked):
    """An open LevelDB; made by `open_database`."""

    def __init__(self, source: Any, where: str) -> None:
        super().__init__(source, where)
        self.put, self.delete, self.write_batch = source.put, source.delete, source.write_batch
        self.compact_range = source.compact_range

    def snapshot(self) -> Checked:
        """Return what is in it now, to be closed."""
        return Checked(self._source.snapshot(), self._where)


def open_database(path: Path | str, *, create: bool) -> Database:
    """Open the LevelDB in a directory.

    Raises
    ------
    StoreError
        If there is none, or another process has it open; `Corrupt` if its files are damaged.
    """
    if not create and not (Path(path) / "CURRENT").exists():
        raise StoreError(f"there is no store in {path}; initialise the node first")
    where = f"the store in {path}"
    with legible(where):
        try:
            return Database(plyvel.DB(str(path), create_if_missing=create, **_OPTIONS), where)
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
        raise _corrupt(what, error) from None


def _corrupt(what: str, error: Exception) -> Corrupt:
    return Corrupt(f"{what} is damaged: {_words(error)}; {REMEDY}")


def _words(error: Exception) -> str:
    first = error.args[0] if error.args else type(error).__name__
    return first.decode(errors="replace") if isinstance(first, bytes) else str(first)
