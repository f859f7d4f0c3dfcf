"""Opening one scalar: the constant coefficient of a ciphertext, under a mask.

A ciphertext ``(c0, c1)`` decrypts to ``c0 + c1 s``, and in NTT form the constant coefficient of a
polynomial is ``N^-1`` times the sum of its values. Member i answers with that of ``c1 s(i)`` plus its share
``E(i)`` of a mask. The mask is derived from the key's seeds and the digest of ``c1`` and from nothing else,
so that asking again, in whatever disguise, gives the same bits and no second mask; being a sharing itself,
it leaves all answers exactly on one polynomial of degree t ("noise flooding" of threshold decryption, as in
Zama's KMS for small sessions).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import Enum

from assay.crypto.committee.decoding import Decoded, Undecided, decode_integer
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.messages import residue_bytes
from assay.crypto.committee.sharing import Sharer
from assay.crypto.ring import cipher_ring
from assay.crypto.ring.tables import U64


class MaskKind(Enum):
    """What a scalar is, which decides the width of its mask. One ``c1`` must serve one kind."""

    SCORE = "score"
    LENGTH = "length"


def mask_bound(key: CommitteeKey, kind: MaskKind) -> int:
    """Return the bound of one seed's part of the mask: what protects the key from t members."""
    if kind is MaskKind.LENGTH:
        return key.preset.length_mask_per_seed(key.size)
    return key.preset.score_mask_per_seed(key.size)


def digest(c1: U64) -> bytes:
    """Return the digest that names a mask: SHA-256 of the residues of ``c1``, 8 bytes little endian each."""
    return hashlib.sha256(residue_bytes(c1)).digest()


def gen_share(sharer: Sharer, c1: U64, kind: MaskKind) -> int:
    """Return the member's share of a scalar.

    Parameters
    ----------
    sharer : Sharer
    c1 : uint64 array
        Second polynomial of the ciphertext: NTT form modulo Q, shape (2, N).
    kind : MaskKind

    Returns
    -------
    int
        In ``[0, Q)``.
    """
    ring, bound = cipher_ring(sharer.key.preset), mask_bound(sharer.key, kind)
    opened = ring.constant_of_product(c1, sharer.secret_key[: len(ring.primes)])
    mask = sharer.integer("score-mask", 2 * bound + 1, -bound, digest(c1))
    return (opened + mask) % ring.modulus


def aggregate_shares(key: CommitteeKey, constant: int, shares: Mapping[int, int]) -> Decoded[int] | Undecided:
    """Combine shares into the scalar.

    Parameters
    ----------
    key : CommitteeKey
    constant : int
        Constant coefficient of ``c0``, modulo Q.
    shares : mapping of int to int
        Received shares by member, each in ``[0, Q)``.

    Returns
    -------
    Decoded or Undecided
        The scalar plus mask and noise as a signed integer in (-Q/2, Q/2).
    """
    ring = cipher_ring(key.preset)
    result = decode_integer(key.size, ring, shares)
    if isinstance(result, Undecided):
        return result
    return Decoded(ring.signed(result.value + constant), result.wrong)
