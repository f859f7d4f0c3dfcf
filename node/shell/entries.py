"""Decoded entries, kept between CheckTx, the proposal and the block.

The cache can change only the time a block takes: decoding is a function of
the bytes, and so is a signature's verdict.
"""

from __future__ import annotations

from typing import Final

from assay.state.envelope import Entry, decode
from assay.state.rules.errors import AssayError

DEFAULT_CACHE_BYTES: Final = 96 << 20
COPIES: Final = 3
"""How often an entry's bytes lie in memory, measured: as they came, to be signed, and decoded."""
OVERHEAD_BYTES: Final = 1 << 10
"""What a decoded entry takes besides, about; small ones are mostly this."""


class EntryCache:
    """Decodes entries, remembering the latest ones up to a number of bytes of memory."""

    def __init__(self, chain_id: str, max_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        self._chain_id = chain_id
        self._room = max_bytes
        self._entries: dict[bytes, Entry] = {}

    def decode(self, raw: bytes, max_tx_bytes: int) -> Entry:
        """Return the decoded entry, remembered from now on.

        Raises
        ------
        AssayError
            If it cannot be decoded; failures are not remembered.
        """
        entry = self._entries.get(raw)
        if entry is None or len(raw) > max_tx_bytes:  # the bound may have changed since
            entry = decode(raw, self._chain_id, max_tx_bytes)
            self._keep(raw, entry)
        return entry

    def take(self, raw: bytes, max_tx_bytes: int) -> Entry | AssayError:
        """Return the decoded entry of a decided block, or why there is none, and forget it."""
        entry = self._entries.pop(raw, None)
        if entry is not None:
            self._room += weight(raw)
            if len(raw) <= max_tx_bytes:
                return entry
        try:
            return decode(raw, self._chain_id, max_tx_bytes)
        except AssayError as error:
            return error

    def forget(self, raw: bytes) -> None:
        """Drop an entry that the mempool has dropped."""
        if self._entries.pop(raw, None) is not None:
            self._room += weight(raw)

    def _keep(self, raw: bytes, entry: Entry) -> None:
        self._entries[raw] = entry
        self._room -= weight(raw)
        while self._room < 0:
            oldest = next(iter(self._entries))
            del self._entries[oldest]
            self._room += weight(oldest)


def weight(raw: bytes) -> int:
    """Return about how many bytes of memory a remembered entry takes."""
    return COPIES * len(raw) + OVERHEAD_BYTES
