"""What a version replaces: written with it, forgotten in time, or put back by a rollback."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from assay.state.rules.ics23 import MAX_KEY_BYTES, MAX_VALUE_BYTES
from assay.state.store import bulk, layout
from assay.state.store.database import REMEDY
from assay.state.store.errors import Corrupt, StoreError
from assay.state.store.tree import Update

SLICE: Final = 500
"""Deletions in one write, so that a commit that comes meanwhile waits for milliseconds."""

_LISTS: Final = (layout.CHANGED, layout.STALE, layout.JOURNAL)


class Writer:
    """Assembles the batch of one version.

    Parameters
    ----------
    batch
        The batch to add to.
    version
        The version to write.
    first
        Whether it is the first of a chain that starts above height 1: then there is nothing before it
        to go back to.
    """

    def __init__(self, batch: Any, version: int, *, first: bool) -> None:
        self._batch = batch
        self._version = version
        self._suffix = layout.u64(version)
        self._first = first

    def records(
        self, changes: Mapping[bytes, bytes | None], read: Callable[[bytes], bytes | None]
    ) -> Iterator[tuple[bytes, bytes | None]]:
        """Write records and what they replace; yield those that really change, in byte order.

        `read` returns the record that stands under a key.
        """
        changed: list[bytes] = []
        put, delete = self._batch.put, self._batch.delete
        for key in sorted(changes):
            value = changes[key]
            _check(key, value)
            old = read(key)
            if value == old:
                continue
            where = layout.RECORD + key
            if value is None:
                delete(where)
            else:
                put(where, value)
            if not self._first:
                put(layout.undo(key, self._version), layout.optional(old))
                changed.append(key)
            yield key, value
        self._note(layout.CHANGED, changed)

    def pages(self, update: Update) -> None:
        """Write new pages and note which ones they replace."""
        put = self._batch.put
        for key, page in update.pages.items():
            put(layout.PAGE + key, page)
        self._note(layout.STALE, update.stale)

    def beside(self, journal: list[bytes]) -> None:
        """Write the journal of the bytes beside the tree."""
        if not self._first:
            self._note(layout.JOURNAL, journal)

    def _note(self, kind: bytes, items: list[bytes]) -> None:
        if items:
            self._batch.put(kind + self._suffix, layout.pack(items))


def forget(database: Any, version: int, pause: Callable[[], None]) -> None:
    """Delete the records and pages that only versions before `version` need, a few at a time."""
    suffix = layout.u64(version)
    undo = [layout.undo(key, version) for key in _read(database, layout.CHANGED + suffix)]
    pages = [layout.PAGE + key for key in _read(database, layout.STALE + suffix)]
    doomed = undo + pages
    for start in range(0, len(doomed), SLICE):
        with database.write_batch(transaction=True) as batch:
            for key in doomed[start : start + SLICE]:
                batch.delete(key)
        pause()


def forget_lists(database: Any, batch: Any, version: int, newest: int) -> None:
    """Delete the bytes that `version` dropped, if no later version names them, and then its lists.

    Parameters
    ----------
    database, batch
        The database and the batch to add to.
    version
        The oldest version kept, or one before it.
    newest
        The last committed version.
    """
    suffix = layout.u64(version)
    journal = _take(database, batch, layout.JOURNAL + suffix)
    bulk.purge(database, batch, journal, journals(database, version + 1, newest))
    for kind in _LISTS:
        batch.delete(kind + suffix)


def unfinished(database: Any, oldest: int) -> list[int]:
    """Return the versions, none after the oldest one kept, that were not forgotten to the end."""
    found: set[int] = set()
    for kind in _LISTS:
        with database.iterator(start=kind, stop=kind + layout.u64(oldest + 1), include_value=False) as keys:
            found.update(int.from_bytes(key[len(kind) :], "big") for key in keys)
    return sorted(found)


def _take(database: Any, batch: Any, where: bytes) -> list[bytes]:
    """Return a packed list and delete it."""
    batch.delete(where)
    return _read(database, where)


def _read(database: Any, where: bytes) -> list[bytes]:
    """Return a packed list, empty if there is none."""
    data: bytes | None = database.get(where)
    return layout.unpack(data) if data else []


def revert(database: Any, batch: Any, version: int, oldest: int) -> None:
    """Add to a batch all that returns the database to the version before `version`.

    Parameters
    ----------
    database, batch
        The database and the batch to add to.
    version
        The last committed version.
    oldest
        The oldest version kept, lower than `version`.
    """
    suffix = layout.u64(version)
    for key in _take(database, batch, layout.CHANGED + suffix):
        where = layout.undo(key, version)
        undo = database.get(where)
        if undo is None:
            raise Corrupt(f"what {key.hex()} was before version {version} is missing; {REMEDY}")
        old = layout.from_optional(undo)
        if old is None:
            batch.delete(layout.RECORD + key)
        else:
            batch.put(layout.RECORD + key, old)
        batch.delete(where)
    with database.iterator(prefix=layout.PAGE + suffix, include_value=False) as pages:
        for key in pages:
            batch.delete(key)
    older = journals(database, oldest + 1, version - 1)
    bulk.revert(batch, _take(database, batch, layout.JOURNAL + suffix), older)
    batch.delete(layout.STALE + suffix)
    batch.delete(layout.ROOT + suffix)
    batch.put(layout.HEAD, layout.encode_head(version - 1, oldest))


def journals(database: Any, first: int, last: int) -> Iterator[bytes]:
    """Yield the entries of several versions' journals."""
    start, stop = (layout.JOURNAL + layout.u64(version) for version in (first, last + 1))
    with database.iterator(start=start, stop=stop, include_key=False) as found:
        for journal in found:
            yield from layout.unpack(journal)


def _check(key: bytes, value: bytes | None) -> None:
    if not 0 < len(key) <= MAX_KEY_BYTES:
        raise StoreError(f"a key has 1 to {MAX_KEY_BYTES} bytes, this one has {len(key)}: {key[:32].hex()}")
    if value is not None and not 0 < len(value) <= MAX_VALUE_BYTES:
        raise StoreError(
            f"a value has 1 to {MAX_VALUE_BYTES} bytes (None deletes a record), "
            f"the one under {key.hex()} has {len(value)}"
        )
