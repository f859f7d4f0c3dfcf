"""What one committee key is called, and the domain of every hash made for it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from assay.crypto.committee.subsets import check_member
from assay.crypto.presets import Preset, threshold


@dataclass(frozen=True)
class CommitteeKey:
    """The public name of one attempt at one key.

    Attributes
    ----------
    chain_id : str
        1 to 255 bytes.
    key_id : int
        Number of the key on that chain, below 2^64. Every attempt has its own.
    preset : Preset
        Encryption preset.
    size : int
        Members n of its committee: 1, 4, 7 or 10.
    """

    chain_id: str
    key_id: int
    preset: Preset
    size: int

    def __post_init__(self) -> None:
        """Refuse what the domain encoding cannot hold."""
        threshold(self.size)
        if not 1 <= len(self.chain_id.encode()) <= 255:
            raise ValueError(f"a chain id has 1 to 255 bytes, not {len(self.chain_id.encode())}")
        if not 0 <= self.key_id < 1 << 64:
            raise ValueError(f"a key id is below 2^64, not {self.key_id}")

    @property
    def threshold(self) -> int:
        """t, how many members together learn nothing."""
        return threshold(self.size)

    def check_member(self, member: int) -> None:
        """Raise ``ValueError`` unless ``member`` is a member's number."""
        check_member(self.size, member)

    def domain(self, tag: str) -> bytes:
        """Return the bytes that begin every hash of this key for the purpose ``tag``.

        Tag and chain id carry their length; everything else has a fixed one, so no two domains share a
        prefix.
        """
        name = f"assay/committee/{tag}/v1".encode()
        chain = self.chain_id.encode()
        fixed = self.key_id.to_bytes(8, "little") + bytes((self.preset.wire_id, self.size))
        return bytes((len(name),)) + name + bytes((len(chain),)) + chain + fixed

    def hash(self, tag: str, *parts: bytes) -> bytes:
        """Return SHA-256 of the domain and the parts, each part behind its length in 4 bytes."""
        framed = b"".join(len(part).to_bytes(4, "little") + part for part in parts)
        return hashlib.sha256(self.domain(tag) + framed).digest()
