"""Addresses as callers give them: text, or the 20 bytes."""

from __future__ import annotations

from assay.crypto.accounts import decode_address, encode_address

Address = str | bytes


def raw_address(address: Address) -> bytes:
    """Return the 20 bytes of an address given as text or bytes."""
    return decode_address(address) if isinstance(address, str) else address


def text(address: Address) -> str:
    """Return an address given as text or bytes as text."""
    return encode_address(raw_address(address))
