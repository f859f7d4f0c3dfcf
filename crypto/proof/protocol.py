"""The protocol of ``A x + e = y``, as far as prover and verifier share it.

Fiat-Shamir with aborts (Lyubashevsky), errors rounded away (Bai-Galbraith). A
proof is the seed of the challenge, then for each secret the encoded responses,
packed without gaps. Responses to errors are not sent: the verifier recomputes the
prover's first message up to rounding and compares the challenge that it gives.
``docs/proof.md`` has the protocol and what it proves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assay.crypto.proof import kernels
from assay.crypto.proof.challenge import SEED_BYTES
from assay.crypto.proof.constants import constants
from assay.crypto.proof.relation import Layout, Relation, is_one
from assay.crypto.ring import Ring, Stream
from assay.crypto.ring.tables import U64

_COMMITMENT = b"proof/commitment"


def wide(value: int) -> U64:
    """Low and high word of an integer below 2^128."""
    return np.array([value & ((1 << 64) - 1), value >> 64], dtype=np.uint64)


def residues(ring: Ring, wide: U64, offset: int) -> U64:
    """Residues of the coefficients of polynomials whose encoded coordinates these are, (K, P, N)."""
    words = np.array([offset % q for q in ring.primes], dtype=np.uint64)
    found = kernels.residues(wide, words, constants(ring.primes))
    if found.shape[-1] == ring.degree:
        return found
    out = np.zeros((len(found), *ring.shape), dtype=np.uint64)
    half, q = ring.degree // 2, ring.tables.q[:, None]
    out[..., :half] = found
    mirrored = found[..., :0:-1]
    out[..., half + 1 :] = np.where(mirrored > 0, q - mirrored, mirrored)
    return out


def mirrored(half: NDArray[np.int64]) -> NDArray[np.int64]:
    """Symmetric polynomials of which this is the first half of the coefficients."""
    middle = np.zeros((len(half), 1), dtype=np.int64)
    return np.concatenate((half, middle, -half[:, :0:-1]), axis=1)


def first_message(relation: Relation, values: Sequence[U64], less: U64 | None = None) -> U64:
    """Residues of the coefficients of ``A x - less``, `less` in NTT form: (K, rows, P, N).

    Factors of 1 are added behind the inverse transform, which saves transforming what they multiply.
    """
    ring = relation.ring
    forms = [ring.forward(v) if relation.transformed(j) else v for j, v in enumerate(values)]
    rows = []
    for i, factors in enumerate(relation.matrix):
        total = ring.neg(less[:, i]) if less is not None else np.zeros_like(values[0])
        for factor, form in zip(factors, forms, strict=True):
            if isinstance(factor, np.ndarray):
                total = ring.add(total, ring.mul(factor, form))
        total = ring.inverse(total)
        for factor, value in zip(factors, values, strict=True):
            if is_one(factor):
                total = ring.add(total, value)
        rows.append(total)
    return np.stack(rows, axis=1)


def challenge_seed(relation: Relation, layout: Layout, first: U64, statement: bytes) -> bytes:
    """Hash of the statement and of the first message, rounded where rows have errors."""
    shifts = [
        (bucket if row.absorbed_by is None else 0, bucket)
        for row, bucket in zip(relation.rows, layout.buckets, strict=True)
    ]
    words = kernels.compose(first, np.array(shifts, dtype=np.uint64), constants(relation.ring.primes))
    digest = hashlib.sha256(words.astype("<u8", copy=False).data).digest()
    return Stream(_COMMITMENT, digest, statement).read(SEED_BYTES)
