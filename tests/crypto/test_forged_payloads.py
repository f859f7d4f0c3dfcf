"""Payloads that pass the proof and are made to read the key: what each scalar of theirs shows of it.

Each has an honest message of length 1 and a part that no honest client sends, as large as a proof of it is
ever accepted. A scalar is opened with the whole key and without its mask; what remains after the message's
own inner product is what the key put there. `assay.crypto.leakage` counts with that, and so it must not
be more. tests/crypto/proof/test_attacks.py shows that such payloads pass.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt, pi, sqrt
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.crypto.scores import COIN, SENDER, Bench

from assay.crypto import leakage, scoring
from assay.crypto.ckks import packing
from assay.crypto.presets import LENGTH_CHECKS, MAX_CONTRIBUTORS, PRESETS, STANDARD, Preset
from assay.crypto.proof import encryption
from assay.crypto.ring import Ring, cipher_ring
from assay.crypto.ring.tables import U64

Polynomial = NDArray[Any]
#: A frequency: the embedding in which a payload is made as large as it can be.
WAVE = 2 * 777 + 1


def bucket(preset: Preset) -> int:
    return int(1 << encryption.layout(preset, 1).buckets[1])


def terms(preset: Preset) -> int:
    return {"standard": 26, "small": 28}[preset.name]


def wave(preset: Preset, amplitude: float) -> Polynomial:
    """All in one embedding and its conjugate."""
    places = np.arange(preset.degree)
    return np.rint(amplitude * np.cos(pi * WAVE * places / preset.degree + 0.4)).astype(np.int64)


def message(preset: Preset) -> tuple[Polynomial, Polynomial]:
    """An update of length 1 in the same embedding: its integers, and its polynomial."""
    places = np.arange(1, preset.capacity + 1)
    values = packing.quantise(packing.normalise(np.cos(pi * WAVE * places / preset.degree)), preset)
    return values, packing.pack(values, preset)[0]


def over(preset: Preset, numerator: Polynomial, denominator: U64) -> U64:
    """Residues of a polynomial divided by one whose residues are given."""
    ring = cipher_ring(preset)
    rows = [[pow(int(v), -1, q) for v in row] for row, q in zip(denominator, ring.primes, strict=True)]
    return ring.mul(ring.encode(numerator), np.array(rows, dtype=np.uint64))


def delta(ring: Ring) -> U64:
    """``2 - X - X^-1``, which divides every challenge."""
    coefficients = np.zeros(ring.degree, dtype=np.int64)
    coefficients[[0, 1, -1]] = 2, -1, 1
    return ring.encode(coefficients)


# -- the second polynomials, and the first ones less the message ---------------------------------------


def spike(bench: Bench) -> tuple[U64, U64]:
    """u = 0 and one coefficient of e1, four fifths of what is rounded away: once in 2^60 attempts."""
    ring = cipher_ring(bench.preset)
    error = np.zeros(bench.preset.degree, dtype=np.int64)
    error[5] = 4 * bucket(bench.preset) // 5
    return ring.zero(), ring.encode(error)


def error_wave(bench: Bench) -> tuple[U64, U64]:
    """u = 0 and e1 of one frequency, so small everywhere that one attempt in 2^64 is accepted."""
    preset, ring = bench.preset, cipher_ring(bench.preset)
    most = 45 * bucket(preset) * pi / 2 / preset.degree  # |c e1| at its crests: the moduli add to 45 buckets
    return ring.zero(), ring.encode(wave(preset, most / sqrt(terms(preset))))


def randomness_wave(bench: Bench) -> tuple[U64, U64]:
    """u of one frequency, c u as large as responses may be: c0 and c1 show u times the key's error."""
    preset, ring = bench.preset, cipher_ring(bench.preset)
    most = 1 << (encryption.layout(preset, 1).widths[0] - 1)
    u = ring.encode(wave(preset, most / sqrt(terms(preset))))
    return ring.mul(bench.keys.p0, u), ring.mul(bench.keys.p1, u)


def divided(bench: Bench) -> tuple[U64, U64]:
    """A valid e1 = 44 X^5, and u = X^3, over ``2 - X - X^-1``."""
    preset, ring = bench.preset, cipher_ring(bench.preset)
    error, u = np.zeros((2, preset.degree), dtype=np.int64)
    error[5], u[3] = 44, 1
    quotient = over(preset, u, delta(ring))
    second = ring.add(ring.mul(bench.keys.p1, quotient), over(preset, error, delta(ring)))
    return ring.mul(bench.keys.p0, quotient), second


def halves(step: int, size: int) -> Callable[[Bench], tuple[U64, U64]]:
    """Half of ``size * sum X^(step i)``: times ``(2 - X - X^-1)^(step / 2)`` it is whole; size is odd."""

    def make(bench: Bench) -> tuple[U64, U64]:
        ring = cipher_ring(bench.preset)
        pattern = np.zeros(bench.preset.degree, dtype=np.int64)
        pattern[::step] = size
        return ring.zero(), ring.mul_integer(ring.encode(pattern), (ring.modulus + 1) // 2)

    return make


PAYLOADS: dict[str, Callable[[Bench], tuple[U64, U64]]] = {
    "spike": spike,
    "error-wave": error_wave,
    "randomness-wave": randomness_wave,
    "divided": divided,
    "halves-2": halves(2, 4095),
    "halves-4": halves(4, 8191),
    "halves-64": halves(64, 8191),
}


@pytest.fixture(params=PAYLOADS)
def forged(request: pytest.FixtureRequest, key_pair: Any) -> tuple[Bench, U64]:
    """A payload, uint64 of shape (1, 2, 2, N)."""
    bench = Bench(key_pair)
    first, second = PAYLOADS[request.param](bench)
    ring = cipher_ring(bench.preset)
    return bench, np.stack((ring.add(first, ring.encode(message(bench.preset)[1])), second))[None]


def counted(preset: Preset) -> dict[str, int]:
    """Standard deviation at worst that the analysis counts with, for a message of length 1."""
    found = leakage.openings(preset, 4, MAX_CONTRIBUTORS, 1)
    return {name: kind.spread for name, kind in found.items()}


def test_no_length_scalar_shows_more_of_the_key_than_counted(forged: tuple[Bench, U64]) -> None:
    bench, residues = forged
    values, _ = message(bench.preset)
    for check, scalar in enumerate(bench.lengths(residues)):
        rho = scoring.rho(COIN, SENDER, check, 0, bench.preset)[1:]
        own = 4 * sum(int(a) * int(b) for a, b in zip(values, rho, strict=False))
        assert abs(scalar - own) < 8 * counted(bench.preset)["length"]


def test_no_score_shows_more_of_the_key_than_counted(forged: tuple[Bench, U64]) -> None:
    """Its norm; its alignment with a reference of the same make; its aggregate with 64 of the same make."""
    bench, residues = forged
    preset = bench.preset
    own = 4 * sum(int(v) ** 2 for v in message(preset)[0])
    total = np.asarray(residues)
    for _ in range(6):
        total = cipher_ring(preset).add(total, total)
    assert abs(bench.score(residues, residues) - own) < 8 * counted(preset)["alignment"]
    assert abs(bench.score(residues, total) - 64 * own) < 8 * counted(preset)["aggregate"]


def test_the_counted_figures_are_nearly_reached(new_key_pair: Callable[..., Any]) -> None:
    """They are no idle bounds: at `standard` a wave of u comes as far as its deviation."""
    bench = Bench(new_key_pair(STANDARD))
    values, polynomial = message(STANDARD)
    ring, own = cipher_ring(STANDARD), 4 * sum(int(v) ** 2 for v in values)
    reached = []
    for make in (error_wave, randomness_wave):
        first, second = make(bench)
        residues = np.stack((ring.add(first, ring.encode(polynomial)), second))[None]
        reached.append(abs(bench.score(residues, residues) - own))
    assert max(reached) > counted(STANDARD)["alignment"] / 4
    scalars = bench.lengths(np.stack(spike(bench))[None])
    assert isqrt(sum(s * s for s in scalars) // LENGTH_CHECKS) > counted(STANDARD)["length"] / 4


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_without_the_factor_of_2_halves_of_q_would_show_parities_of_the_key(
    preset: Preset, new_key_pair: Callable[..., Any]
) -> None:
    """What doubling takes out: the sum of every fourth coefficient, modulo 2, in the highest bit."""
    shown = []
    for name in (bytes([i]) for i in range(8)):
        bench = Bench(new_key_pair(preset, name))
        ring = cipher_ring(preset)
        residues = np.stack(halves(4, 1)(bench))[None]
        vector = np.zeros(preset.degree, dtype=np.int64)
        vector[1], vector[-1] = 1, -1  # a public vector with one entry, not doubled
        single = ring.mul(ring.encode(vector), residues[0, 1])
        opened = bench.keys.open(0, single)
        odd = int(bench.keys.secret[1::2].sum()) % 2
        assert (abs(opened) > ring.modulus // 4) == odd
        shown.append(odd)
        for scalar in bench.lengths(residues):
            assert abs(scalar) < 8 * counted(preset)["length"]
    assert set(shown) == {0, 1}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
@pytest.mark.parametrize("make", [halves(2, 4095), divided], ids=["halves-2", "divided"])
def test_a_released_sum_takes_out_one_denominator_by_itself(
    preset: Preset, new_key_pair: Callable[..., Any], make: Callable[[Bench], tuple[U64, U64]]
) -> None:
    """Folding is a trace, and every trace is divisible by ``2 - X - X^-1``: nothing doubles a release."""
    largest = []
    for name in (bytes([i]) for i in range(8)):
        keys = new_key_pair(preset, name)
        half = keys.decrypt(np.stack(make(Bench(keys))))
        largest.append(max(abs(int(v)) for v in half))
        opened = (keys.ring.signed(int(v)) for v in packing.symmetric_part(half))
        assert max(abs(v) for v in opened) < 1 << 26
    assert max(largest) > preset.modulus // 4
