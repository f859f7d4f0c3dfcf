"""Proofs to be verified as parts of a message: digests of bulk bytes, never the bytes."""

from __future__ import annotations

import struct
from typing import Final

from assay.crypto.proof import Context, ProofError
from assay.crypto.proof.errors import (
    ChallengeMismatch,
    ProofLength,
    ResponseOutOfRange,
    StatementOutOfRange,
)
from assay.crypto.proof_job import ProofJob, Verdict

PROOF: Final = 2
"""Operation: a payload's proof. Answer: 0 if it holds, else the reason's number and a sentence."""

_HEAD: Final = struct.Struct("<BBHBQQ")
_REASONS: Final[tuple[type[ProofError], ...]] = (
    ProofLength,
    ResponseOutOfRange,
    ChallengeMismatch,
    StatementOutOfRange,
)


def to_parts(job: ProofJob) -> tuple[bytes, ...]:
    """Return a job's parts of a message."""
    of = job.context
    head = _HEAD.pack(job.preset, job.members, job.ciphertexts, of.purpose, of.round_id, of.key_id)
    return (head, job.payload, of.chain_id.encode(), of.sender, of.key_digest)


def from_parts(parts: tuple[bytes, ...]) -> ProofJob:
    """Invert `to_parts`."""
    head, payload, chain_id, sender, key_digest = parts
    preset, members, ciphertexts, purpose, round_id, key_id = _HEAD.unpack(head)
    context = Context(chain_id.decode(), purpose, round_id, sender, key_id, key_digest)
    return ProofJob(preset, members, ciphertexts, context, payload)


def verdict_to_parts(verdict: Verdict) -> tuple[bytes, ...]:
    """Return the parts of an answer."""
    if verdict is None:
        return (b"\0",)
    return (bytes((1 + _REASONS.index(type(verdict)),)), str(verdict).encode())


def verdict_from_parts(parts: tuple[bytes, ...]) -> Verdict:
    """Invert `verdict_to_parts`."""
    (number,), *sentence = parts
    if not number:
        return None
    return _REASONS[number - 1](sentence[0].decode())
