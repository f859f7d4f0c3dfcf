"""How often errors that no honest sender has stay within what a verifier rounds away.

docs/noise.md counts with it: a forger's ``c e1`` must leave its rounded first message as it is, which fails
at each coefficient with probability ``|c e1| / 2^k``. That bounds how much of the key one payload shows.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

import numpy as np
import pytest
from tests.crypto.proof.dishonest import Signed, quotient

from assay.crypto.presets import Preset
from assay.crypto.proof import encryption, kernels
from assay.crypto.proof.challenge import Challenge, expand
from assay.crypto.proof.constants import constants
from assay.crypto.ring import Stream, cipher_ring

ATTEMPTS = 300


def spike(preset: Preset) -> Signed:
    """A thirty-second of a bucket in one coefficient."""
    out = np.zeros(preset.degree, dtype=np.int64)
    out[5] = 1 << (encryption.layout(preset, 1).buckets[1] - 5)
    return out


def wave(preset: Preset) -> Signed:
    """One frequency, a 45th of what 2^64 attempts admit."""
    bucket, places = 1 << encryption.layout(preset, 1).buckets[1], np.arange(preset.degree)
    crest = bucket * np.pi / 2 / preset.degree / 26**0.5
    return np.rint(crest * np.cos(np.pi * 777 * places / preset.degree)).astype(np.int64)


def dense(preset: Preset) -> Signed:
    bucket = 1 << encryption.layout(preset, 1).buckets[1]
    return np.asarray(Stream(b"test", b"dense").bounded(bucket // preset.degree // 3, preset.degree))


ERRORS: dict[str, Callable[[Preset, Challenge], Signed]] = {
    "spike": lambda preset, c: c.times(spike(preset)),
    "wave": lambda preset, c: c.times(wave(preset)),
    "dense": lambda preset, c: c.times(dense(preset)),
    "one over a denominator": lambda _, c: quotient(c),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_errors_stay_in_place_as_often_as_the_bound_says(preset: Preset, forger: Any, kind: str) -> None:
    ring, p1 = cipher_ring(preset), forger.key[1]
    k = encryption.layout(preset, 1).buckets[1]
    shifts = np.full((1, 2), k, dtype=np.uint64)
    stayed, expected, spread = 0, 0.0, 0.0
    for attempt in range(ATTEMPTS):
        challenge = expand(attempt.to_bytes(32, "big"), preset.degree)
        error = ERRORS[kind](preset, challenge)
        y = Stream(b"test", b"y", attempt).bounded(1 << 12, preset.degree)
        first = ring.inverse(ring.mul(p1, ring.encode(y)))
        moved = ring.sub(first, ring.reduce(error))
        rounded = [
            kernels.compose(np.ascontiguousarray(x[None, None]), shifts, constants(ring.primes))
            for x in (first, moved)
        ]
        stayed += bool(np.array_equal(*rounded))
        chance = float(np.exp(np.log1p(-np.minimum(abs(error) / 2**k, 1 - 1e-9)).sum()))
        expected += chance
        spread += chance * (1 - chance)
        assert -log(chance) >= abs(error).sum() / 2**k * (1 - 1e-9)  # the sum that the page bounds
    assert 0.05 < expected / ATTEMPTS < 0.9
    assert abs(stayed - expected) < 5 * spread**0.5
