"""Submissions with their randomness, and a prover that keeps to no rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isqrt
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.crypto.ckks import packing
from assay.crypto.ckks.encrypt import Randomness, encrypt
from assay.crypto.presets import Preset
from assay.crypto.proof import Context, encryption, protocol, prover
from assay.crypto.proof.challenge import Challenge, expand
from assay.crypto.proof.errors import ProofError
from assay.crypto.ring import Stream, cipher_ring
from assay.crypto.ring.tables import U64

CONTEXT = Context.submission("assay-test", 3, bytes(range(20)), 5, bytes(range(32)))
Signed = NDArray[np.int64]
Shifts = Callable[[Challenge], tuple[Signed, Signed]]


@dataclass(frozen=True)
class Submission:
    """Ciphertexts, their secrets and a proof."""

    preset: Preset
    key: tuple[U64, U64]
    ciphertexts: U64
    messages: NDArray[Any]
    randomness: Randomness
    proof: bytes

    def prove(self, seed: bytes = bytes(32), context: Context = CONTEXT) -> bytes:
        return encryption.prove(
            self.preset, self.key, self.ciphertexts, self.messages, self.randomness, context, seed
        )

    def verify(self, **changed: Any) -> None:
        """Check the proof, or what has been changed."""
        given: dict[str, Any] = {
            "preset": self.preset, "key": self.key, "ciphertexts": self.ciphertexts, "context": CONTEXT,
            "proof": self.proof,
        } | changed  # fmt: skip
        encryption.verify(**given)


@lru_cache(maxsize=4)
def _public_key(preset: Preset) -> tuple[U64, U64]:
    ring = cipher_ring(preset)
    stream = Stream(b"test", b"proof")
    p1 = np.stack([Stream(b"test", b"a", i).uniform(q, preset.degree) for i, q in enumerate(ring.primes)])
    secret, error = ring.encode(stream.ternary(preset.degree)), ring.encode(stream.error(preset.degree))
    return ring.neg(ring.add(ring.mul(p1, secret), error)), p1


@lru_cache(maxsize=8)
def _submission(preset: Preset, count: int) -> Submission:
    key = _public_key(preset)
    parameters = count * preset.capacity - 3
    values = Stream(b"test", b"update", count).bounded(preset.scale // isqrt(parameters), parameters)
    messages = packing.pack(values, preset)
    ciphertexts, randomness = encrypt(messages, *key, preset, bytes([count]) * 32)
    made = Submission(preset, key, ciphertexts, messages, randomness, b"")
    return replace(made, proof=made.prove())


@pytest.fixture
def submission() -> Callable[[Preset, int], Submission]:
    """Make a submission of so many ciphertexts, the same in every run."""
    return _submission


@pytest.fixture
def context() -> Context:
    """What the submissions' proofs are bound to."""
    return CONTEXT


@dataclass(frozen=True)
class Forger:
    """Answers challenges with shifts of its own choice and masks as small as it likes."""

    preset: Preset
    key: tuple[U64, U64]

    def forge(self, ciphertext: U64, shifts: Shifts, bits: tuple[int, int], attempts: int = 300) -> bytes:
        """Try until a proof is accepted, with masks of so many bits for u and m; return the last one.

        `shifts` gives what a challenge adds to the responses; no short polynomials need stand behind it.
        """
        relation = encryption.relation(self.preset, *self.key)
        layout = relation.layout(1)
        statement, proof = CONTEXT.statement(ciphertext, self.preset), b""
        for attempt in range(attempts):
            masks = [self._mask(attempt, j, b, layout.coordinates[j]) for j, b in enumerate(bits)]
            ring = relation.ring
            values = [ring.reduce(m) for m in (masks[0], protocol.mirrored(masks[1]))]
            first = protocol.first_message(relation, values)
            seed = protocol.challenge_seed(relation, layout, first, statement)
            proof = seed
            for j, shift in enumerate(shifts(expand(seed, self.preset.degree))):
                z = masks[j].astype(object) + shift[:, : layout.coordinates[j]] + layout.offset(j)
                words = [divmod(int(v) % (1 << layout.widths[j]), 1 << 64)[::-1] for v in z[0]]
                proof += prover.pack(np.array(words, dtype=np.uint64).T, layout.widths[j])
            if self.accepted(ciphertext, proof):
                break
        return proof

    def accepted(self, ciphertext: U64, proof: bytes) -> bool:
        try:
            encryption.verify(self.preset, self.key, ciphertext, CONTEXT, proof)
        except ProofError:
            return False
        return True

    @staticmethod
    def _mask(attempt: int, secret: int, bits: int, count: int) -> Signed:
        return Stream(b"forger", b"", attempt, secret).bounded((1 << bits) - 1, count)[None].astype(np.int64)


@pytest.fixture
def forger(preset: Preset) -> Forger:
    """Try to prove what is not true, or what a client would not send."""
    return Forger(preset, _public_key(preset))
