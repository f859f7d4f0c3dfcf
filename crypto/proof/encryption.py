"""Proof of plaintext knowledge, the first instance of the linear relation.

``c0 = p0 u + e0 + m`` and ``c1 = p1 u + e1`` with short u, e0, e1 and symmetric m.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assay.crypto.ckks.encrypt import Randomness
from assay.crypto.presets import ERROR_BITS, Preset
from assay.crypto.proof import prover, verifier
from assay.crypto.proof.relation import ONE, ZERO, Layout, Relation, Row, Secret
from assay.crypto.ring import Stream, cipher_ring
from assay.crypto.ring.tables import U64

_DOMAIN = b"proof/encryption/v1"
_SUBMISSION: Final = 1
_REFERENCE: Final = 2


@dataclass(frozen=True)
class Context:
    """What a proof is bound to besides ciphertexts and preset; made by `submission` or `reference`.

    Attributes
    ----------
    chain_id : str
    purpose : int
        1 for a submission, 2 for an owner's reference update.
    round_id : int
        The round; 0 for a reference, which comes before its round has an id and is bound by its key.
    sender : bytes
        20 bytes, the account that sends it.
    key_id : int
    key_digest : bytes
        32 bytes, digest of the public key as in the key's record.
    """

    chain_id: str
    purpose: int
    round_id: int
    sender: bytes
    key_id: int
    key_digest: bytes

    @classmethod
    def submission(
        cls, chain_id: str, round_id: int, sender: bytes, key_id: int, key_digest: bytes
    ) -> Context:
        """Context of a contributor's submission to a round."""
        return cls(chain_id, _SUBMISSION, round_id, sender, key_id, key_digest)

    @classmethod
    def reference(cls, chain_id: str, sender: bytes, key_id: int, key_digest: bytes) -> Context:
        """Context of an owner's reference update; a key serves one round, so it stands for the round."""
        return cls(chain_id, _REFERENCE, 0, sender, key_id, key_digest)

    def statement(self, ciphertexts: U64, preset: Preset) -> bytes:
        """32 bytes: SHAKE-256 of everything the proof is bound to, each part behind its length."""
        data = np.ascontiguousarray(ciphertexts).astype("<u8", copy=False)
        parts = (preset.wire_id, len(ciphertexts), self.chain_id.encode(), self.purpose, self.round_id)
        return Stream(
            _DOMAIN, hashlib.sha256(data.data).digest(), *parts, self.sender, self.key_id, self.key_digest
        ).read(32)


def relation(preset: Preset, p0: U64, p1: U64) -> Relation:
    """Return the relation of an encryption under a public key of two polynomials, (2, N), NTT form.

    u is ternary. m is an update of length at most 1, packed twice; N covers what rounding adds to its length.
    Errors are centered binomial; the first is absorbed by m.
    """
    length = preset.scale + preset.degree
    secrets = (
        Secret("u", largest=1, norm=isqrt(preset.degree) + 1),
        Secret("m", largest=length, norm=isqrt(2 * length * length) + 1, symmetric=True),
    )
    rows = (Row(ERROR_BITS, absorbed_by=1), Row(ERROR_BITS))
    return Relation(cipher_ring(preset), secrets, rows, ((p0, ONE), (p1, ZERO)))


def layout(preset: Preset, count: int) -> Layout:
    """Widths and length of a proof for so many ciphertexts."""
    zero = cipher_ring(preset).zero()
    return relation(preset, zero, zero).layout(count)


@lru_cache(maxsize=256)
def proof_bytes(preset: Preset, count: int) -> int:
    """Length of the proof of a payload of so many ciphertexts."""
    return layout(preset, count).proof_bytes


def prove(
    preset: Preset,
    key: tuple[U64, U64],
    ciphertexts: U64,
    messages: NDArray[Any],
    randomness: Randomness,
    context: Context,
    seed: bytes,
) -> bytes:
    """Prove that one knows what ciphertexts encrypt.

    Parameters
    ----------
    preset : Preset
    key : (p0, p1)
        Public key, each uint64 of shape (2, N), NTT form.
    ciphertexts, randomness
        As `assay.crypto.ckks.encrypt.encrypt` returned them.
    messages : array of int64, shape (K, N)
        As `assay.crypto.ckks.packing.pack` made them: at most of length 1 in all.
    context : Context
        What the proof shall hold for, and nothing else.
    seed : bytes
        32 fresh secret bytes (`assay.crypto.ring.fresh_seed`).

    Raises
    ------
    NotProvable
        Message or randomness break their bounds, or do not give these ciphertexts.
    """
    witness = prover.Witness(
        (randomness.u, messages.astype(np.int64, copy=False)), (randomness.e0, randomness.e1)
    )
    statement = context.statement(ciphertexts, preset)
    return prover.prove(relation(preset, *key), ciphertexts, witness, statement, seed)


def verify(preset: Preset, key: tuple[U64, U64], ciphertexts: U64, context: Context, proof: bytes) -> None:
    """Check a proof for ciphertexts that `assay.crypto.ckks.payload.parse` accepted, uint64 (K, 2, 2, N).

    Raises
    ------
    ProofError
        The subclass names the reason.
    """
    verifier.verify(relation(preset, *key), ciphertexts, context.statement(ciphertexts, preset), proof)
