"""What a contributor commits to before it reveals."""

from __future__ import annotations

import hashlib
from typing import Final

_TAG: Final = b"assay/commitment/v1"

SALT_BYTES: Final = 32


def payload_digest(payload: bytes) -> bytes:
    """Return the SHA-256 digest under which a payload is committed to and kept."""
    return hashlib.sha256(payload).digest()


def commitment(round_id: int, sender: bytes, salt: bytes, digest: bytes, reserve: int) -> bytes:
    """Return the commitment to a submission.

    Parameters
    ----------
    round_id
        The round.
    sender
        20-byte address: nobody else can open this commitment.
    salt
        32 random bytes, kept until the reveal.
    digest
        `payload_digest` of the payload.
    reserve
        The least amount, in uasy, the contributor accepts.

    Returns
    -------
    bytes
        SHA-256 over a tag and the fixed-width fields, 32 bytes.
    """
    fields = round_id.to_bytes(8, "big") + sender + salt + digest + reserve.to_bytes(8, "big")
    return hashlib.sha256(_TAG + fields).digest()
