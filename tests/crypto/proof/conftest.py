"""Submissions with their randomness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isqrt
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.crypto.proof.dishonest import Forger

from assay.crypto.ckks import packing
from assay.crypto.ckks.encrypt import Randomness, encrypt
from assay.crypto.presets import Preset
from assay.crypto.proof import Context, encryption
from assay.crypto.ring import Stream, cipher_ring
from assay.crypto.ring.tables import U64

CONTEXT = Context.submission("assay-test", 3, bytes(range(20)), 5, bytes(range(32)))


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
def make_submission(preset: Preset, count: int) -> Submission:
    """A submission of so many ciphertexts, the same in every run."""
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
    return make_submission


@pytest.fixture
def context() -> Context:
    """What the submissions' proofs are bound to."""
    return CONTEXT


@pytest.fixture
def forger(preset: Preset) -> Forger:
    """Try to prove what is not true, or what a client would not send."""
    return Forger(preset, _public_key(preset), CONTEXT)
