"""Challenges: how many there are, and that they are symmetric."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from assay.crypto.presets import STANDARD, Preset
from assay.crypto.proof.challenge import Challenge, challenges, expand, pairs_for
from assay.crypto.ring import Ring


def test_there_are_at_least_2_to_the_128() -> None:
    assert (pairs_for(8192), pairs_for(4096)) == (13, 14)
    assert challenges(8192, 13) >> 136
    assert challenges(4096, 14) >> 131
    assert challenges(4096, 13) >> 128 == 0
    with pytest.raises(ValueError, match="fewer than"):
        pairs_for(64)


def test_every_challenge_is_symmetric_and_of_full_weight(preset: Preset) -> None:
    seen = set()
    for i in range(200):
        challenge = expand(bytes([i]) * 32, preset.degree)
        seen.add(challenge.pairs)
        c = challenge.coefficients()
        assert np.abs(c).sum() == 2 * pairs_for(preset.degree)
        assert c[0] == c[preset.degree // 2] == 0
        assert np.array_equal(c[1:], -c[:0:-1])
    assert len(seen) == 200


def test_indices_and_signs_are_spread_evenly(preset: Preset) -> None:
    pairs = [pair for i in range(400) for pair in expand(i.to_bytes(32, "big"), preset.degree).pairs]
    counts = np.histogram([j for j, _ in pairs], bins=8, range=(0, preset.degree // 2))[0]
    expected = len(pairs) / 8
    assert ((counts - expected) ** 2 / expected).sum() < 30  # chi-square, 7 degrees: 10^-4
    assert abs(sum(sign for _, sign in pairs)) < 5 * len(pairs) ** 0.5


def test_words_are_skipped_until_the_challenge_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [0, 5, 5 | 1 << 15, 1 << 15, *range(100, 111), 7 | 1 << 15, 9]
    blob = np.array([0] * 80 + words, dtype="<u2").tobytes()
    monkeypatch.setattr("assay.crypto.ring.Stream.read", lambda _self, n: blob[:n])
    assert expand(bytes(32), 8192).pairs == ((5, 1), *((j, 1) for j in range(100, 111)), (7, -1))


def test_products_are_those_of_the_ring() -> None:
    ring = Ring(256, STANDARD.primes[:2])
    rng = np.random.default_rng(3)
    x = rng.integers(-(1 << 40), 1 << 40, size=(2, 256))
    challenge = Challenge(256, ((1, 1), (127, -1), (30, -1)))
    assert np.array_equal(
        challenge.times(x).astype(object), ring.decode(ring.mul(ring.encode(x), challenge.ntt(ring)))
    )


def test_vectors(repository: Path) -> None:
    for case in json.loads((repository / "tests/vectors/proof.json").read_text())["challenges"]:
        got = expand(bytes.fromhex(case["seed"]), case["degree"])
        assert [list(pair) for pair in got.pairs] == case["pairs"]
