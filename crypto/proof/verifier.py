"""Verifier of ``A x + e = y``; the protocol is in `assay.crypto.proof.protocol`."""

from __future__ import annotations

from hmac import compare_digest
from itertools import accumulate

from assay.crypto.proof import kernels, protocol
from assay.crypto.proof.challenge import SEED_BYTES, expand
from assay.crypto.proof.errors import (
    ChallengeMismatch,
    ProofLength,
    ResponseOutOfRange,
    StatementOutOfRange,
)
from assay.crypto.proof.relation import Layout, Relation
from assay.crypto.ring.tables import U64


def verify(relation: Relation, y: U64, statement: bytes, proof: bytes) -> None:
    """Check a proof from a stranger, for the same relation, right-hand sides and statement.

    Returns nothing if the proof is right. The cost does not depend on the proof's bytes.

    Raises
    ------
    StatementOutOfRange, ProofLength, ResponseOutOfRange, ChallengeMismatch
    """
    _check_statement(relation, y)
    layout = relation.layout(len(y))
    values = [
        protocol.residues(relation.ring, r, layout.offset(j)) for j, r in enumerate(_parse(layout, proof))
    ]
    given = proof[:SEED_BYTES]
    challenge = expand(given, relation.ring.degree).ntt(relation.ring)
    first = protocol.first_message(relation, values, relation.ring.mul(y, challenge))
    if not compare_digest(protocol.challenge_seed(relation, layout, first, statement), given):
        raise ChallengeMismatch(
            "the proof does not hold here: it was made for another chain, round, sender, key or ciphertext, "
            "or was changed; encrypt and prove again"
        )


def _check_statement(relation: Relation, y: U64) -> None:
    shape = (len(relation.rows), *relation.ring.shape)
    if y.ndim != 4 or y.shape[1:] != shape or not len(y) or not relation.ring.is_canonical(y):
        raise StatementOutOfRange(
            f"canonical residues of shape (K, {', '.join(map(str, shape))}) can be proven; parse them first"
        )


def _parse(layout: Layout, proof: bytes) -> list[U64]:
    """Responses, each encoded in [0, limit]: wide, shape (2, K, n)."""
    if len(proof) != layout.proof_bytes:
        raise ProofLength(f"this proof must have {layout.proof_bytes} bytes, it has {len(proof)}")
    sizes = [layout.block_bytes(j) for j in range(len(layout.widths))]
    ends = list(accumulate(sizes, initial=SEED_BYTES))
    out = []
    for j, (width, n) in enumerate(zip(layout.widths, layout.coordinates, strict=True)):
        response = kernels.unpack(proof[ends[j] : ends[j + 1]], width, layout.count * n)
        if kernels.exceeds(response, protocol.wide(layout.limit(j))):
            raise ResponseOutOfRange(
                "a response of the proof is beyond its bound; prove again with this client"
            )
        out.append(response.reshape(2, layout.count, n))
    return out
