"""Bytes beside the tree, under a scope and their SHA-256 digest.

A marker says which bytes are in use; only markers decide what the state sees.
The bytes themselves stay until the version that dropped them can no longer be
rolled back, so that dropping and rolling back move no bytes. What a version put
and dropped is kept in its journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from assay.state.store import layout
from assay.state.store.errors import StoreError

MAX_SCOPE_BYTES: Final = 255

_PUT: Final = b"+"
_DROP: Final = b"-"

Place = tuple[bytes, bytes]
"""Scope and digest."""


def get(database: Any, scope: bytes, digest: bytes) -> bytes | None:
    """Return bytes in use, or None."""
    place = layout.place(scope, digest)
    if database.get(layout.LIVE + place) is None:
        return None
    data: bytes | None = database.get(layout.BULK + place)
    return data


def places(database: Any, prefix: bytes = b"") -> Iterator[bytes]:
    """Yield the places in use whose names begin with `prefix`."""
    with database.iterator(prefix=layout.LIVE + prefix, include_value=False) as names:
        for name in names:
            yield name[len(layout.LIVE) :]


def write(database: Any, batch: Any, puts: Mapping[Place, bytes], drops: Iterable[bytes]) -> list[bytes]:
    """Add drops, then puts, to a batch and return the version's journal.

    Raises
    ------
    StoreError
        If a scope is too long or a digest is not that of its bytes.
    """
    journal: list[bytes] = []
    gone: set[bytes] = set()
    for scope in sorted(set(drops)):
        for place in places(database, layout.scope_prefix(_checked(scope))):
            batch.delete(layout.LIVE + place)
            journal.append(_DROP + place)
            gone.add(place)
    for (scope, digest), data in sorted(puts.items()):
        if sha256(data).digest() != digest:
            raise StoreError(f"the digest of {len(data)} bytes in scope {scope.hex()} is not {digest.hex()}")
        place = layout.place(_checked(scope), digest)
        if place in gone or database.get(layout.LIVE + place) is None:
            batch.put(layout.LIVE + place, b"")
            batch.put(layout.BULK + place, data)
            journal.append(_PUT + place)
    return journal


def purge(database: Any, batch: Any, journal: Iterable[bytes], later: Iterable[bytes]) -> None:
    """Delete what the journal of a forgotten version dropped.

    Parameters
    ----------
    database, batch
        The database, to which nothing is committed meanwhile, and the batch to add to.
    journal
        The forgotten journal.
    later
        Entries of the journals after it. Bytes that are in use, or that a later version dropped and a
        rollback may bring back, stay.
    """
    gone = set(dropped(journal))
    if not gone:
        return
    for place in gone.difference(entry[1:] for entry in later):
        if database.get(layout.LIVE + place) is None:
            batch.delete(layout.BULK + place)


def revert(batch: Any, journal: Iterable[bytes], older: Iterable[bytes]) -> None:
    """Undo the last version's journal.

    Parameters
    ----------
    batch
        The batch to add to.
    journal
        The journal of the version to undo.
    older
        Entries of the journals that are still kept, of the versions before. Bytes that one of those
        dropped may be needed by a further rollback; they go when that journal goes.
    """
    entries = list(journal)
    used_before, needed = set(dropped(entries)), set(dropped(older))
    for place in (entry[1:] for entry in entries if entry[:1] == _PUT):
        if place not in used_before:
            batch.delete(layout.LIVE + place)
            if place not in needed:
                batch.delete(layout.BULK + place)
    for place in used_before:
        batch.put(layout.LIVE + place, b"")


def dropped(journal: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the places that a journal dropped."""
    return (entry[1:] for entry in journal if entry[:1] == _DROP)


def _checked(scope: bytes) -> bytes:
    if not 0 < len(scope) <= MAX_SCOPE_BYTES:
        raise StoreError(f"a scope has 1 to {MAX_SCOPE_BYTES} bytes, this one has {len(scope)}")
    return scope
