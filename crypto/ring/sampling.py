"""Deterministic sampling from SHAKE-256, and the seed of fresh randomness.

``Stream(domain, seed, parts...)`` names an infinite byte string. Samplers read
it from its start, so one stream serves one value; values that must be
independent get streams that differ in domain or parts.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.crypto.presets import ERROR_BITS
from assay.crypto.ring.tables import U64

SEED_BYTES = 32
_TAG = b"assay/expand/v1"


def fresh_seed() -> bytes:
    """32 bytes from the operating system, for values that must be secret and never repeat."""
    return os.urandom(SEED_BYTES)


class Stream:
    """SHAKE-256 of an injective encoding of domain, seed and parts.

    Parameters
    ----------
    domain : bytes
        What the values are for; one tag a purpose.
    seed : bytes
        32 secret or public bytes.
    parts : bytes or int
        What else tells this stream from others: indices (encoded in 8 bytes), digests.

    Notes
    -----
    The absorbed bytes are the tag, then each of domain, seed and parts after its
    length in four bytes, little endian.
    """

    def __init__(self, domain: bytes, seed: bytes, *parts: bytes | int) -> None:
        encoded = (p.to_bytes(8, "little") if isinstance(p, int) else p for p in (domain, seed, *parts))
        absorbed = b"".join(len(p).to_bytes(4, "little") + p for p in encoded)
        self._xof = hashlib.shake_256(_TAG + absorbed)

    def read(self, count: int) -> bytes:
        """Return the first `count` bytes."""
        return self._xof.digest(count)

    # -- samplers -------------------------------------------------------------------------------

    def uniform(self, q: int, count: int) -> U64:
        """Uniform residues below q (at most 2^63): 8 bytes a candidate, cut to q's bits, rejected if >= q."""
        mask = np.uint64((1 << q.bit_length()) - 1)

        def accept(data: bytes) -> U64:
            candidates = np.frombuffer(data, dtype="<u8").astype(np.uint64) & mask
            return candidates[candidates < np.uint64(q)]

        return self._reject(accept, 8, count, q)

    def ternary(self, count: int) -> NDArray[np.int64]:
        """Uniform on {-1, 0, 1}: a byte a candidate, 255 rejected, the rest modulo 3."""

        def accept(data: bytes) -> NDArray[np.int64]:
            candidates = np.frombuffer(data, dtype=np.uint8)
            return (candidates[candidates < 255] % 3).astype(np.int64) - 1

        return self._reject(accept, 1, count, 255)

    def error(self, count: int) -> NDArray[np.int64]:
        """Centered binomial of 2 x 21 bits, standard deviation 3.24, as SEAL draws it.

        Six bytes each: the ones among bytes 0, 1 and the low five bits of 2, less
        those among bytes 3, 4 and the low five bits of 5.
        """
        data = np.frombuffer(self.read(6 * count), dtype=np.uint8).reshape(count, 2, 3)
        keep = np.array([0xFF, 0xFF, (1 << (ERROR_BITS - 16)) - 1], dtype=np.uint8)
        ones = np.bitwise_count(data & keep).astype(np.int64).sum(axis=-1)
        return np.asarray(ones[:, 0] - ones[:, 1], dtype=np.int64)

    def bounded(self, bound: int, count: int) -> NDArray[Any]:
        """Uniform integers in [-bound, bound]: int64 where that fits 63 bits, else Python ints (object)."""
        span = 2 * bound + 1
        if span.bit_length() <= 63:
            return self.uniform(span, count).astype(np.int64) - bound
        bits, width = span.bit_length(), -(-span.bit_length() // 8)

        def accept(data: bytes) -> NDArray[Any]:
            words = (data[i : i + width] for i in range(0, len(data), width))
            values = [int.from_bytes(word, "little") & ((1 << bits) - 1) for word in words]
            return np.array([v - bound for v in values if v < span], dtype=object)

        return self._reject(accept, width, count, span)

    def _reject(
        self, accept: Callable[[bytes], NDArray[Any]], width: int, count: int, span: int
    ) -> NDArray[Any]:
        """First `count` accepted candidates; reading more never changes those before."""
        candidates = (count << span.bit_length()) // span + count // 64 + 16
        while True:
            accepted = accept(self.read(candidates * width))
            if len(accepted) >= count:
                return accepted[:count]
            candidates *= 2
