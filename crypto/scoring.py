"""From ciphertexts to the ciphertexts of scalars that the committee opens.

Every product is doubled. A one-shot proof shows that ``d * (c0, c1)`` is short
for a symmetric ``d``, which is divisible by ``2 - X - X^-1``; denominators that
divide 2 then come free, and the factor 2 takes them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assay.crypto.ckks.packing import pack
from assay.crypto.committee.score import digest as c1_digest
from assay.crypto.presets import LENGTH_CHECKS, Preset
from assay.crypto.ring import Stream, cipher_ring
from assay.crypto.ring.tables import U64

_RHO = b"length-check"


class Multiplier(Protocol):
    """What scoring needs of `assay.crypto.ckks.engine.Engine`, which not everybody can import."""

    preset: Preset

    def product(self, key: Any, pairs: Sequence[tuple[Any, Any]]) -> U64:
        """Sum of the products of these pairs, relinearised: residues of shape (2, 2, N)."""


@dataclass(frozen=True)
class ScalarCiphertext:
    """A ciphertext of which only the constant coefficient will be opened.

    Attributes
    ----------
    constant : int
        Constant coefficient of its first polynomial, in [0, Q).
    c1 : uint64, shape (2, N)
        Its second polynomial: residues in NTT form.
    """

    constant: int
    c1: U64

    @property
    def c1_bytes(self) -> bytes:
        """Residues of ``c1``, 8 bytes each, little endian."""
        return np.ascontiguousarray(self.c1, dtype="<u8").tobytes()

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of `c1_bytes`: names the mask under which the scalar is opened."""
        return c1_digest(self.c1)


def rho(coin: bytes, contributor: bytes, check: int, ciphertext: int, preset: Preset) -> NDArray[np.int64]:
    """Public vector of one length check and one ciphertext.

    Parameters
    ----------
    coin : bytes
        32 bytes the committee opened after the last reveal.
    contributor : bytes
        Address of the submission's sender; empty for the reference.
    check, ciphertext : int
        Which of the eight checks; which ciphertext of the payload.

    Returns
    -------
    int64, shape (N/2,)
        Entry 0 meets the constant term, entry j parameter j. Uniform on the odd
        integers of absolute value below 2^17: 16 bits give the value, then one bit
        for each gives the sign (set: negative; lowest bit first).

    Notes
    -----
    Honest updates have no constant term, but the subring has constants, so no
    proof can forbid one, and a large one brings the norm of an update that is
    too long to 1 modulo Q (docs/proof.md).
    """
    if len(coin) != 32 or not 0 <= check < LENGTH_CHECKS:
        raise ValueError("a length check has a coin of 32 bytes and a number below 8")
    count = preset.capacity + 1
    data = Stream(_RHO, coin, contributor, check, ciphertext).read(2 * count + -(-count // 8))
    sizes = 2 * np.frombuffer(data, dtype="<u2", count=count).astype(np.int64) + 1
    rest = np.frombuffer(data, dtype=np.uint8, offset=2 * count)
    negative = np.unpackbits(rest, count=count, bitorder="little").astype(bool)
    return np.asarray(np.where(negative, -sizes, sizes), dtype=np.int64)


def _polynomial(values: NDArray[np.int64], preset: Preset) -> NDArray[np.int64]:
    """Coefficients, shape (N,), whose product with an update has the inner product, twice, as constant term.

    A parameter stands at two places and is met twice; the constant term stands at one.
    """
    coefficients: NDArray[np.int64] = pack(values[1:], preset)[0]
    coefficients[0] = 2 * values[0]
    return coefficients


def length_product(
    ciphertexts: U64, coin: bytes, contributor: bytes, check: int, preset: Preset
) -> ScalarCiphertext:
    """Ciphertext of ``2 * <g, rho_k>``, in `Preset.length_unit`.

    Parameters
    ----------
    ciphertexts : uint64, shape (K, 2, 2, N)
        A parsed payload.
    """
    ring = cipher_ring(preset)
    constant, c1 = 0, ring.zero()
    for index, ciphertext in enumerate(ciphertexts):
        vector = ring.encode(_polynomial(2 * rho(coin, contributor, check, index, preset), preset))
        constant += ring.constant_of_product(vector, ciphertext[0])
        c1 = ring.add(c1, ring.mul(vector, ciphertext[1]))
    return ScalarCiphertext(constant % ring.modulus, c1)


def score_product(
    engine: Multiplier, key: Any, first: Sequence[Any], second: Sequence[Any]
) -> ScalarCiphertext:
    """Ciphertext of ``2 * <g, g'>``, in `Preset.unit`.

    Products are summed over the payloads' ciphertexts and relinearised once.

    Parameters
    ----------
    engine : Multiplier
    key : RelinKey
        Of that engine.
    first, second : sequence of Ciphertext
        Two payloads inside that engine, of equally many ciphertexts.
    """
    ring = cipher_ring(engine.preset)
    residues = engine.product(key, list(zip(first, second, strict=True)))
    return ScalarCiphertext(2 * ring.constant(residues[0]) % ring.modulus, ring.add(residues[1], residues[1]))


def add_payloads(payloads: Sequence[U64], preset: Preset) -> U64:
    """Sum of parsed payloads, uint64 of shape (K, 2, 2, N): the aggregate G, or what is released."""
    ring = cipher_ring(preset)
    total = np.zeros_like(payloads[0])
    for ciphertexts in payloads:
        total = ring.add(total, ciphertexts)
    return total
