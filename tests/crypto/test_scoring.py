"""Scores through the real engine, opened with a whole key: honest values to many digits, known attacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.crypto.scores import COIN, SENDER, Bench, inner, integers, next_length

from assay.crypto import bounds, scoring
from assay.crypto.ckks import packing
from assay.crypto.presets import STANDARD, Preset, by_name
from assay.crypto.ring import cipher_ring

DIGITS = {"standard": 1e-11, "small": 1e-4}
Updates = Callable[[int, int], NDArray[np.float64]]


@pytest.fixture
def bench(key_pair: Any) -> Bench:
    return Bench(key_pair)


@pytest.mark.parametrize("ciphertexts", [1, 3])
def test_honest_scores_are_inner_products(bench: Bench, updates: Updates, ciphertexts: int) -> None:
    preset = bench.preset
    length = ciphertexts * preset.capacity - 11
    values = [packing.quantise(u, preset) for u in updates(3, length)]
    parsed = [bench.parse(bench.keys.encrypt(v, bytes([i]))) for i, v in enumerate(values)]
    total = scoring.add_payloads(parsed, preset)
    tolerance = DIGITS[preset.name] * preset.unit
    norm, alignment = bench.score(parsed[0], parsed[0]), bench.score(parsed[0], parsed[1])
    aggregate = bench.score(parsed[0], total)
    assert abs(norm - 4 * inner(values[0], values[0])) < tolerance
    assert abs(alignment - 4 * inner(values[0], values[1])) < tolerance
    assert abs(aggregate - 4 * inner(values[0], np.sum(values, axis=0))) < tolerance
    assert bounds.norm_ok(preset, norm)
    assert bounds.alignment_ok(preset, alignment, norm, norm)
    assert bounds.aggregate_ok(preset, aggregate, 3)


@pytest.mark.parametrize("ciphertexts", [1, 2])
def test_honest_length_scalars_are_inner_products_with_rho(
    bench: Bench, updates: Updates, ciphertexts: int
) -> None:
    preset = bench.preset
    update = updates(1, ciphertexts * preset.capacity)[0]
    values = packing.quantise(update, preset)
    found = bench.lengths(bench.parse(bench.keys.encrypt(values)))
    for check, scalar in enumerate(found):
        parts = [scoring.rho(COIN, SENDER, check, i, preset)[1:] for i in range(ciphertexts)]
        assert abs(scalar - 4 * inner(values, np.concatenate(parts))) < 1e-3 * preset.length_unit
        assert abs(scalar) + preset.length_mask < preset.length_limit


def test_an_update_ten_times_too_long_fails_its_norm(bench: Bench, updates: Updates) -> None:
    residues = bench.parse(bench.keys.encrypt(integers(updates(1, 2000)[0], 10, bench.preset)))
    norm = bench.score(residues, residues)
    assert abs(norm - 100 * bench.preset.unit) < bench.preset.unit // 100
    assert not bounds.norm_ok(bench.preset, norm)


def test_the_next_length_with_norm_one_passes_the_norm_and_fails_the_length(
    bench: Bench, updates: Updates
) -> None:
    preset = bench.preset
    assert isqrt(preset.modulus // preset.unit) in (511, 512)
    residues = bench.parse(bench.keys.encrypt(integers(updates(1, 2000)[0], next_length(preset), preset)))
    assert bounds.norm_ok(preset, bench.score(residues, residues))
    lengths = bench.lengths(residues)
    assert sum(bounds.length_ok(preset, scalar) for scalar in lengths) <= 2
    # Not even the luckiest mask helps: on average the scalars are 512 units.
    assert max(abs(scalar) for scalar in lengths) > preset.length_limit + preset.length_mask


@pytest.mark.parametrize("concentrated", [False, True])
def test_the_update_of_length_5_74_at_scale_2_to_the_56_is_rejected(
    updates: Updates, new_key_pair: Callable[[Preset], Any], concentrated: bool
) -> None:
    """It was paid half a bounty when the scale was 2^56; at 2^50 it is 367 units long."""
    bench = Bench(new_key_pair(STANDARD))
    update = np.eye(1, 2000)[0] if concentrated else updates(1, 2000)[0]
    residues = bench.parse(bench.keys.encrypt(integers(update, 5.74 * 2**6, STANDARD)))
    assert not bench.passes_lengths(residues)
    assert not bounds.norm_ok(STANDARD, bench.score(residues, residues))


def test_two_equal_coordinates_do_not_cancel(bench: Bench) -> None:
    """362 each, norm 1 modulo Q: against entries of +-1 such a pair vanished in half of the checks."""
    pair = np.array([1.0, 1.0]) / 2**0.5
    residues = bench.parse(bench.keys.encrypt(integers(pair, next_length(bench.preset), bench.preset)))
    assert bounds.norm_ok(bench.preset, bench.score(residues, residues))
    assert not bench.passes_lengths(residues)
    drawn = [scalar for i in range(20) for scalar in bench.lengths(residues, bytes([i]))]
    within = sum(bounds.length_ok(bench.preset, scalar) for scalar in drawn)
    assert within < 16  # of 160; 15 units in 362 sqrt(2), a triangular distribution: 5 on average


def test_an_aggregate_that_would_overflow_is_out_of_range(bench: Bench, updates: Updates) -> None:
    """An update of norm 1 modulo Q that points where the others point: every h it touches is impossible."""
    preset = bench.preset
    honest = [packing.quantise(u, preset) for u in updates(2, 2000)]
    direction = packing.normalise(updates(2, 2000).sum(axis=0))
    long = integers(direction, next_length(preset), preset)
    parsed = [bench.parse(bench.keys.encrypt(v, bytes([i]))) for i, v in enumerate((*honest, long))]
    total = scoring.add_payloads(parsed, preset)
    for residues in parsed:
        assert not bounds.aggregate_ok(preset, bench.score(residues, total), 3)
    without = scoring.add_payloads(parsed[:2], preset)
    assert all(bounds.aggregate_ok(preset, bench.score(residues, without), 2) for residues in parsed[:2])


def test_outside_the_subring_alignment_still_bounds_what_is_paid(bench: Bench, updates: Updates) -> None:
    """An antisymmetric part subtracts from the norm; only a proof of symmetry keeps such an update out.

    Until then Cauchy-Schwarz does where it would pay: along the reference.
    """
    preset = bench.preset
    update = updates(1, 2000)[0]
    long = packing.pack(integers(update, 10, preset), preset)
    extra = packing.pack(integers(np.roll(update, 7), 99**0.5, preset), preset)
    half = preset.degree // 2
    extra[:, half + 1 :] *= -1  # X^j + X^(N-j) instead of X^j - X^(N-j)
    residues = bench.parse(bench.keys.encrypt_coefficients(long + extra))
    reference = bench.parse(bench.keys.encrypt(packing.quantise(update, preset), b"reference"))
    norm = bench.score(residues, residues)
    assert bounds.norm_ok(preset, norm)
    alignment = bench.score(residues, reference)
    assert abs(alignment - 10 * preset.unit) < preset.unit // 100
    assert not bounds.alignment_ok(preset, alignment, norm, bench.score(reference, reference))


def test_a_wrong_relinearisation_key_gives_no_norm(
    preset: Preset, key_pair: Any, new_key_pair: Callable[..., Any], updates: Updates
) -> None:
    bench = Bench(key_pair)
    bench.relin_key = bench.engine.load_relin_key(new_key_pair(preset, b"another").relin_key)
    residues = bench.parse(key_pair.encrypt(packing.quantise(updates(1, 100)[0], preset)))
    assert not bounds.norm_ok(preset, bench.score(residues, residues))


@pytest.mark.parametrize("length", [2, 5])
def test_a_constant_term_that_brings_the_norm_to_1_fails_the_length_checks(
    bench: Bench, updates: Updates, length: int
) -> None:
    """The subring has constants, so no proof forbids this one: only a rho that sees it."""
    preset = bench.preset
    values = integers(updates(1, 2000)[0], length, preset)
    coefficients = packing.pack(values, preset).astype(object)
    coefficients[0, 0] = isqrt((preset.modulus + preset.unit - 4 * inner(values, values)) // 2)
    residues = bench.parse(bench.keys.encrypt_coefficients(coefficients))
    # At `small` the noise, times so large a constant, is a few thousandths of the unit.
    assert abs(bench.score(residues, residues) - preset.unit) < preset.unit // 64
    assert not bench.passes_lengths(residues)


def test_rho_is_odd_below_2_to_the_17_and_uniform(preset: Preset) -> None:
    values = np.concatenate([scoring.rho(COIN, SENDER, k, i, preset) for k in range(8) for i in range(4)])
    assert (values % 2 == 1).all()
    assert abs(values).max() < 2**17
    assert abs(values).max() > 0.999 * 2**17
    deviation = 2**17 / 3**0.5
    assert abs(float(values.mean())) < 6 * deviation / len(values) ** 0.5
    assert abs(float((values.astype(float) ** 2).mean()) / deviation**2 - 1) < 0.03
    assert abs(float((values > 0).mean()) - 0.5) < 0.02


def test_rho_differs_by_coin_contributor_check_and_ciphertext(preset: Preset) -> None:
    drawn = {
        scoring.rho(coin, sender, check, index, preset).tobytes()
        for coin in (COIN, bytes(32))
        for sender in (SENDER, b"", bytes(20))
        for check in (0, 7)
        for index in (0, 1)
    }
    assert len(drawn) == 24


@pytest.mark.parametrize(("coin", "check"), [(b"", 0), (bytes(31), 0), (COIN, 8), (COIN, -1)])
def test_rho_refuses_what_no_round_has(preset: Preset, coin: bytes, check: int) -> None:
    with pytest.raises(ValueError, match="length check"):
        scoring.rho(coin, SENDER, check, 0, preset)


def test_rho_vectors(repository: Path) -> None:
    vectors = json.loads((repository / "tests/vectors/rho.json").read_text())
    coin, contributor = bytes.fromhex(vectors["coin"]), bytes.fromhex(vectors["contributor"])
    for case in vectors["cases"]:
        values = scoring.rho(
            coin, contributor, case["check"], case["ciphertext"], by_name(case["preset"])
        ).tolist()
        assert values[:8] == case["first"]
        assert values[-1] == case["last"]
        assert sum(values) == case["sum"]
        assert sum((i + 1) * v for i, v in enumerate(values)) == case["weighted"]


def test_payloads_add_to_the_encryption_of_the_sum(bench: Bench, updates: Updates) -> None:
    """What is released: the sum of ciphertexts decrypts to the sum of updates."""
    preset = bench.preset
    values = [packing.quantise(u, preset) for u in updates(5, preset.capacity + 3)]
    parsed = [bench.parse(bench.keys.encrypt(v, bytes([i]))) for i, v in enumerate(values)]
    total = scoring.add_payloads(parsed, preset)
    opened = np.stack([packing.symmetric_part(bench.keys.decrypt(ciphertext)) for ciphertext in total])
    back = packing.unpack(opened, preset.capacity + 3, preset)
    expected = np.sum(values, axis=0) / preset.scale
    assert abs(back - expected).max() < (1e-11 if preset is STANDARD else 1e-4)


def test_a_scalar_names_its_c1(bench: Bench) -> None:
    ring = cipher_ring(bench.preset)
    c1 = ring.encode(np.arange(bench.preset.degree))
    scalar, same = scoring.ScalarCiphertext(1, c1), scoring.ScalarCiphertext(2, c1)
    assert len(scalar.c1_bytes) == bench.preset.polynomial_bytes
    assert scalar.digest == same.digest != scoring.ScalarCiphertext(1, ring.neg(c1)).digest
