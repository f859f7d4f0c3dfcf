"""What was written last, kept in memory up to a bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Final

_OVERHEAD: Final = 220
"""Bytes that an entry costs beside its value: two bytes objects, a key, a place in the dict (measured)."""


class WriteCache:
    """Entries of the last committed version: pages of the tree, or records.

    Only the writer puts entries here, and only what it has committed. A reader
    that did so could put back a value which a commit has just replaced. Since
    a block writes most of what it reads, entries enter when they are written,
    and the order of writing is also the order of last use.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[bytes, bytes] = OrderedDict()
        self.size = 0
        """Memory in use, in bytes."""

    def get(self, key: bytes) -> bytes | None:
        """Return an entry, or None if it is not kept."""
        return self._entries.get(key)

    def renew(self, stale: Iterable[bytes], entries: Mapping[bytes, bytes]) -> None:
        """Replace stale entries by new ones, then forget the oldest until the bound holds.

        Parameters
        ----------
        stale
            Keys that the new version does not have, or has with another value.
        entries
            What it has written. Those whose keys were there before are among the stale.
        """
        for key in stale:
            value = self._entries.pop(key, None)
            if value is not None:
                self.size -= len(value) + _OVERHEAD
        self._entries.update(entries)
        self.size += sum(map(len, entries.values())) + _OVERHEAD * len(entries)
        while self.size > self._max_bytes and self._entries:
            _, value = self._entries.popitem(last=False)
            self.size -= len(value) + _OVERHEAD

    def clear(self) -> None:
        """Forget all entries."""
        self._entries.clear()
        self.size = 0
