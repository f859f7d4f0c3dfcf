"""The pages written last, kept in memory up to a bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Final

_OVERHEAD: Final = 220
"""Bytes that an entry costs beside the page: two bytes objects, a key, a place in the dict (measured)."""


class PageCache:
    """Pages of the last committed version.

    Only the writer uses it. A page that is read for a change is replaced by
    that change, so pages enter when they are written, not when they are read,
    and the order of writing is also the order of last use.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._pages: OrderedDict[bytes, bytes] = OrderedDict()
        self.size = 0
        """Memory in use, in bytes."""

    def get(self, key: bytes) -> bytes | None:
        """Return a page, or None if it is not kept."""
        return self._pages.get(key)

    def renew(self, stale: Iterable[bytes], pages: Mapping[bytes, bytes]) -> None:
        """Replace stale pages by new ones, then forget the oldest until the bound holds."""
        for key in stale:
            page = self._pages.pop(key, None)
            if page is not None:
                self.size -= len(page) + _OVERHEAD
        self._pages.update(pages)
        self.size += sum(map(len, pages.values())) + _OVERHEAD * len(pages)
        while self.size > self._max_bytes and self._pages:
            _, page = self._pages.popitem(last=False)
            self.size -= len(page) + _OVERHEAD

    def clear(self) -> None:
        """Forget all pages."""
        self._pages.clear()
        self.size = 0
