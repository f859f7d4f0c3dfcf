"""Prover of ``A x + e = y``; the protocol is in `assay.crypto.proof.protocol`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assay.crypto.proof import kernels, protocol
from assay.crypto.proof.challenge import Challenge, expand
from assay.crypto.proof.constants import constants
from assay.crypto.proof.errors import NotProvable
from assay.crypto.proof.relation import Layout, Relation
from assay.crypto.ring import Stream
from assay.crypto.ring.tables import U64

_MASK = b"proof/mask"
Signed = NDArray[np.int64]


@dataclass(frozen=True)
class Witness:
    """What the prover knows: signed coefficients, each of shape (K, N) and dtype int64.

    Attributes
    ----------
    secrets : one array a secret
    errors : one array a row; zeros where a row is exact
    """

    secrets: tuple[Signed, ...]
    errors: tuple[Signed, ...]


def prove(relation: Relation, y: U64, witness: Witness, statement: bytes, seed: bytes) -> bytes:
    """Prove knowledge of short x and e with ``A x + e = y``, for K right-hand sides with one challenge.

    Parameters
    ----------
    relation : Relation
    y : uint64, shape (K, rows, P, N)
        NTT form.
    witness : Witness
    statement : bytes
        32 bytes that stand for y, A and everything else the proof shall be bound to.
    seed : bytes
        32 fresh secret bytes. Masks depend on `statement` too, so that no mask serves two statements.

    Returns
    -------
    bytes, of length ``relation.layout(K).proof_bytes``

    Raises
    ------
    NotProvable
        The witness breaks a bound or does not satisfy the relation.
    """
    layout = relation.layout(len(y))
    _check_witness(relation, y, witness)
    attempt, proof = 0, None
    while proof is None:
        proof = _attempt(relation, layout, witness, statement, _masks(layout, statement, seed, attempt))
        attempt += 1
    return proof


def _attempt(
    relation: Relation, layout: Layout, witness: Witness, statement: bytes, masks: list[U64]
) -> bytes | None:
    """One run of the protocol; None if it must be aborted."""
    ring, widths = relation.ring, layout.widths
    values = [protocol.residues(ring, mask, 1 << (w - 1)) for mask, w in zip(masks, widths, strict=True)]
    first = protocol.first_message(relation, values)
    seed = protocol.challenge_seed(relation, layout, first, statement)
    challenge = expand(seed, ring.degree)
    responses = _respond(relation, layout, masks, witness, challenge)
    if responses is None or not _steady(relation, layout, first, witness, challenge):
        return None
    return seed + b"".join(pack(r, w) for r, w in zip(responses, widths, strict=True))


def _check_witness(relation: Relation, y: U64, witness: Witness) -> None:
    for secret, x in zip(relation.secrets, witness.secrets, strict=True):
        longest = (x.astype(object) ** 2).sum(axis=1).max()
        if _largest(x) > secret.largest or longest > secret.norm * secret.norm:
            raise NotProvable(f"{secret.name} is longer than its bound; it must be made again")
        if secret.symmetric and np.any(x != protocol.mirrored(x[:, : x.shape[1] // 2])):
            raise NotProvable(f"{secret.name} must be symmetric")
    for i, (row, e) in enumerate(zip(relation.rows, witness.errors, strict=True)):
        if _largest(e) > row.error:
            raise NotProvable(f"the error of row {i} is larger than {row.error}; it must be drawn again")
    ring = relation.ring
    values = [ring.reduce(x) for x in witness.secrets]
    errors = np.stack([ring.reduce(e) for e in witness.errors], axis=1)
    if not np.array_equal(ring.add(protocol.first_message(relation, values), errors), ring.inverse(y)):
        raise NotProvable(
            "the secrets do not give what is to be proven; encrypt again and keep the randomness"
        )


def _largest(x: Signed) -> int:
    return max(int(x.max()), -int(x.min()))


def _masks(layout: Layout, statement: bytes, seed: bytes, attempt: int) -> list[U64]:
    """Uniform integers of `width` bits for every coordinate: wide, shape (2, K, n)."""
    out = []
    for j, (width, n) in enumerate(zip(layout.widths, layout.coordinates, strict=True)):
        size, total = -(-width // 8), layout.count * n
        data = Stream(_MASK, seed, statement, attempt, j).read(total * size)
        padded = np.zeros((total, 16), dtype=np.uint8)
        padded[:, :size] = np.frombuffer(data, dtype=np.uint8).reshape(total, size)
        padded[:, size - 1] &= (1 << (width - 8 * (size - 1))) - 1
        out.append(np.ascontiguousarray(padded.view("<u8").T).reshape(2, layout.count, n))
    return out


def _respond(
    relation: Relation, layout: Layout, masks: list[U64], witness: Witness, challenge: Challenge
) -> list[U64] | None:
    """Encoded responses ``mask + c x - growth``, or None if one is out of range."""
    out = []
    for j, (mask, x) in enumerate(zip(masks, witness.secrets, strict=True)):
        moved = x.copy()
        for row, e in zip(relation.rows, witness.errors, strict=True):
            if row.absorbed_by == j:
                moved += e  # the first half of the product is taken up
        shift = challenge.times(moved)[:, : layout.coordinates[j]]
        response = _lowered(mask, layout.growths[j] - shift)
        if kernels.exceeds(response, protocol.wide(layout.limit(j))):
            return None
        out.append(response)
    return out


def _lowered(wide: U64, by: Signed) -> U64:
    """Subtract integers that are not negative; below zero the high word wraps beyond every limit."""
    low, high = wide
    less = by.astype(np.uint64)
    return np.stack((low - less, high - (low < less)))


def _steady(relation: Relation, layout: Layout, first: U64, witness: Witness, challenge: Challenge) -> bool:
    """Whether what the verifier will compute rounds to the same, whatever error within bounds there was."""
    half = relation.ring.degree // 2
    exact = kernels.compose(
        first, np.zeros((len(relation.rows), 2), dtype=np.uint64), constants(relation.ring.primes)
    )
    for i, (row, e) in enumerate(zip(relation.rows, witness.errors, strict=True)):
        if not layout.buckets[i]:
            continue
        rest, start = challenge.times(e), 0
        if row.absorbed_by is not None:
            rest, start = rest - protocol.mirrored(rest[:, :half]), half
        seen = _lowered_signed(np.moveaxis(exact[:, i, start:], -1, 0), rest[:, start:])
        if not steady(seen, layout.error_growths[i], layout.buckets[i], relation.ring.modulus):
            return False
    return True


def _lowered_signed(wide: U64, by: Signed) -> U64:
    """Subtract signed integers from wide ones; below zero the high word wraps."""
    low = wide[0] - by.astype(np.uint64)
    high = wide[1] - (by >> 63).astype(np.uint64) - (wide[0] < by.astype(np.uint64))
    return np.stack((low, high))


def steady(seen: U64, growth: int, bucket: int, modulus: int) -> bool:
    """Whether adding anything in [-growth, growth] modulo Q leaves all in their bucket of 2^bucket."""
    low = seen[0] & np.uint64((1 << bucket) - 1)
    inside = (low >= np.uint64(growth)) & (low < np.uint64((1 << bucket) - growth))
    return bool(inside.all()) and not kernels.exceeds(seen, protocol.wide(modulus - growth - 1))


def pack(wide: U64, width: int) -> bytes:
    """Inverse of `kernels.unpack`, for wide integers of any shape (2, ...) below 2^width."""
    flat = np.ascontiguousarray(wide.reshape(2, -1).T).astype("<u8", copy=False)
    data = flat.view(np.uint8).reshape(len(flat), 16)[:, : -(-width // 8)]
    bits = np.unpackbits(data, axis=1, count=width, bitorder="little")
    return np.packbits(bits, bitorder="little").tobytes()
