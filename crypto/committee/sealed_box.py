"""X25519 sealed boxes with a chosen ephemeral key.

The format is libsodium's ``crypto_box_seal``: 32 bytes of ephemeral public key, 16 of authenticator, then
the text; any libsodium opens it. The ephemeral secret is the caller's instead of random, derived from the
sealed text, so that sealing again gives the same bytes and whoever learns the text can check a box that was
sent to somebody else.
"""

from __future__ import annotations

import hashlib

import nacl.bindings
from nacl.exceptions import CryptoError as SodiumError

KEY_BYTES = 32
OVERHEAD = 48
_ANY_SCALAR = bytes(31) + b"\x40"


def public_key(secret: bytes) -> bytes:
    """Return the X25519 public key of a 32-byte secret."""
    return bytes(nacl.bindings.crypto_scalarmult_base(secret))


def is_exchange_key(data: bytes) -> bool:
    """Tell whether ``data`` is an X25519 key one can seal to: 32 bytes and not a point of small order."""
    if len(data) != KEY_BYTES:
        return False
    try:
        nacl.bindings.crypto_scalarmult(_ANY_SCALAR, data)
    except SodiumError:  # the product is zero, as it is for every scalar and a point of small order
        return False
    return True


def seal(text: bytes, recipient: bytes, ephemeral_secret: bytes) -> bytes:
    """Seal ``text`` to an X25519 public key; the same arguments give the same bytes.

    The ephemeral secret must be unknown to outsiders and never used for two different texts.
    """
    ephemeral = public_key(ephemeral_secret)
    nonce = hashlib.blake2b(ephemeral + recipient, digest_size=24).digest()
    return ephemeral + bytes(nacl.bindings.crypto_box(text, nonce, recipient, ephemeral_secret))


def unseal(box: bytes, secret: bytes) -> bytes | None:
    """Return the text of a sealed box, or None if it was not sealed to this secret's key or was changed."""
    if len(box) < OVERHEAD:
        return None
    try:
        return bytes(nacl.bindings.crypto_box_seal_open(box, public_key(secret), secret))
    except SodiumError:
        return None
