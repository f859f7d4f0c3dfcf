"""What a round can give away of its key: bounds against what they bound, and the sizes that are refused."""

from __future__ import annotations

from dataclasses import replace
from math import e, erf, isqrt, log, log2, pi, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from assay.crypto import leakage, presets
from assay.crypto.errors import PresetError
from assay.crypto.presets import COMMITTEE_SIZES, MAX_CONTRIBUTORS, SMALL, STANDARD, Preset
from assay.crypto.proof import encryption

BIT = 1 << 20
#: Most contributors of a `standard` round by its ciphertexts, for committees of 1, 4, 7 and 10.
MOST = {
    4: (64, 64, 64, 64),
    5: (64, 64, 64, 63),
    8: (64, 64, 61, 49),
    7: (64, 64, 64, 57),
    9: (64, 64, 56, 47),
    10: (45, 41, 36, 32),
    16: (28, 26, 24, 22),
}


def tells(parts: NDArray[np.int64], chances: NDArray[np.float64], width: int) -> float:
    """Bits that ``part + mask`` tells of the part, the mask uniform on `width` values: exactly."""
    seen: dict[int, float] = {}
    for part, chance in zip(parts.tolist(), chances.tolist(), strict=True):
        for value in range(part, part + width):
            seen[value] = seen.get(value, 0.0) + chance / width
    return -sum(p * log2(p) for p in seen.values() if p > 0) - log2(width)


@given(
    st.lists(st.tuples(st.integers(-60, 60), st.integers(1, 9)), min_size=1, max_size=8),
    st.integers(1, 60).map(lambda b: 2 * b + 1),
)
def test_no_opened_integer_tells_more_than_its_bound(drawn: list[tuple[int, int]], width: int) -> None:
    parts = np.array([part for part, _ in drawn])
    chances = np.array([weight for _, weight in drawn], dtype=float)
    chances /= chances.sum()
    centred = parts - round(float(parts @ chances))
    spread = isqrt(int(np.ceil((centred**2) @ chances))) + 1
    assert tells(centred, chances, width) <= leakage.hint(spread, width) / BIT


@pytest.mark.parametrize("spread", [1, 20, 200, 2000])
def test_the_bound_of_a_hint_is_not_far_from_what_a_gaussian_tells(spread: int) -> None:
    parts = np.arange(-6 * spread, 6 * spread + 1, max(1, spread // 20))
    chances = np.exp(-((parts / spread) ** 2) / 2)
    told = tells(parts, chances / chances.sum(), 801)
    assert told <= leakage.hint(spread, 801) / BIT <= 4 * told + 2


def test_a_mask_as_wide_as_the_bound_says_hides_and_none_hides_nothing() -> None:
    assert leakage.hint(1, 1 << 30) == 1  # rounded up, never to nothing
    assert leakage.hint(1 << 20, 1 << 40) == 3
    assert leakage.hint((1 << 40) - 1, 1 << 40) <= 3 * BIT
    assert leakage.hint(1 << 70, 1) > 70 * BIT


@pytest.mark.parametrize("ciphertexts", [1, 2, 16])
def test_forged_bounds_are_those_of_the_page(preset: Preset, ciphertexts: int) -> None:
    layout = encryption.layout(preset, ciphertexts)
    terms = {"standard": 26, "small": 28}[preset.name]
    bucket, response = 2.0 ** layout.buckets[1], 2.0 ** (layout.widths[0] - 1)
    error = bucket * sqrt(45 / terms)
    random = response * sqrt(ciphertexts * preset.degree / terms)
    found = leakage.forged(preset, ciphertexts)
    assert found.spread == pytest.approx(sqrt(2 / 3 * error**2 + 21 / 2 * random**2), rel=1e-6)
    error, random = 45 * bucket / sqrt(terms), random * sqrt(preset.degree / 2)
    assert found.peak == pytest.approx(sqrt(2 / 3 * error**2 + 21 / 2 * random**2), rel=1e-6)


def test_a_norm_is_opened_of_no_update_much_longer_than_the_bound_assumes() -> None:
    """Length times the chance to pass is greatest near 6, and below half of that at the assumed 12."""
    weighed = [length * passes(length) for length in range(1, 40)]
    assert weighed.index(max(weighed)) + 1 in (5, 6)
    assert passes(leakage._LONGEST) == pytest.approx(0.107, abs=0.001)
    assert weighed[leakage._LONGEST - 1] < max(weighed) / 3


def passes(length: float) -> float:
    """Chance of a random direction of that length to pass all eight checks; masks uniform within 8."""
    masks = (np.arange(2000) + 0.5) / 125 - 8
    below = np.array([erf((15 - m) / length / sqrt(2)) + erf((15 + m) / length / sqrt(2)) for m in masks])
    return float((below.mean() / 2) ** 8)


@pytest.mark.parametrize(
    ("length", "chance"),
    [(2, 0.9999), (5, 0.83), (10, 0.22), (20, 2**-7.2), (100, 2**-24.6), (512, 2**-43.4)],
)
def test_the_chance_of_a_long_update_is_that_of_the_page(length: float, chance: float) -> None:
    """docs/encryption.md and docs/threat-model.md: length ten passes the eight checks one time in five."""
    assert passes(length) == pytest.approx(chance, rel=0.05)


def test_the_chance_at_length_ten_is_met_by_drawn_vectors() -> None:
    """The same figure from odd entries and uniform masks as they are drawn, without a Gaussian."""
    rng = np.random.default_rng(11)
    update = rng.normal(size=1000)
    update *= 10 / np.linalg.norm(update)
    rounds = 1500
    passed = 0
    for _ in range(rounds):
        rho = (2 * rng.integers(0, 1 << 16, size=(8, 1000)) + 1) * rng.choice((-1, 1), size=(8, 1000))
        scalars = rho @ update / presets.RHO_RMS + rng.uniform(-8, 8, size=8)
        passed += bool((abs(scalars) <= 15).all())
    assert 0.18 < passed / rounds < 0.26


# -- the margin -----------------------------------------------------------------------------------


def block_size(degree: int, modulus_bits: int, known: int = 0, volume_bits: float = 0) -> int:
    """Least BKZ block size that finds the key, `known` of its coordinates and a volume gained.

    The primal attack, estimated as Dachman-Soled, Ducas, Gong and Rossi do (eprint 2020/292): all
    coordinates scaled to deviation 1, a known coordinate is a dimension less, a modular or approximate
    hint multiplies the lattice's volume.
    """
    secret, error = sqrt(2 / 3), sqrt(21 / 2)
    unknown, bits = degree - known, modulus_bits * log(2)

    def found(beta: int) -> bool:
        delta = log((pi * beta) ** (1 / beta) * beta / (2 * pi * e)) / (2 * (beta - 1))
        samples = max(1.0, sqrt(unknown * (bits - log(error / secret)) / delta) - unknown)
        dimension = unknown + samples + 1
        volume = samples * (bits - log(error)) - unknown * log(secret) + volume_bits * log(2)
        return log(beta) / 2 <= (2 * beta - dimension - 1) * delta + volume / dimension

    low, high = 60, 2000
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high


def test_with_all_of_the_margin_known_a_key_is_as_hard_as_the_standard_allows() -> None:
    bound = block_size(8192, 218)
    # 128 bits in the cost model of the standard's tables: 8 d calls of 2^(0.292 beta + 16.4).
    assert 0.292 * bound + 16.4 + log2(8 * 16000) == pytest.approx(128, abs=1)
    assert leakage.margin(STANDARD) == 1427
    assert block_size(8192, 180) > bound + 90
    assert abs(block_size(8192, 180, known=leakage.margin(STANDARD)) - bound) <= 3


def test_bits_of_volume_weigh_less_than_counted() -> None:
    """A hundred bits in no direction of one's choice help less than one known coordinate."""
    whole = block_size(8192, 180)
    assert (block_size(8192, 218), whole) == (325, 429)
    assert block_size(8192, 180, volume_bits=65 * 64) == 427
    assert whole - block_size(8192, 180, volume_bits=100 * 1000) < whole - block_size(8192, 180, known=1000)


def test_small_has_nothing_to_spare() -> None:
    assert leakage.margin(SMALL) == 0
    for size in COMMITTEE_SIZES:
        # What a dishonest round could take is all of the key, several times over; it is not refused.
        assert leakage.coordinates(SMALL, size, 8, 1) > SMALL.degree // 2
        leakage.check(SMALL, size, MAX_CONTRIBUTORS, 2)


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(4), ids=COMMITTEE_SIZES)
@pytest.mark.parametrize("ciphertexts", MOST)
def test_rounds_are_admitted_up_to_the_margin_and_no_further(ciphertexts: int, place: int) -> None:
    most, size = MOST[ciphertexts][place], COMMITTEE_SIZES[place]
    leakage.check(STANDARD, size, most, ciphertexts)
    if most < MAX_CONTRIBUTORS:
        with pytest.raises(PresetError, match=r"could give away \d+ coordinates of its key, 1427 can"):
            leakage.check(STANDARD, size, most + 1, ciphertexts)


def test_coordinates_given_away_are_those_of_the_page() -> None:
    """docs/noise.md, 64 contributors: with 1, 2, 4, 7 and 16 ciphertexts."""
    table = {
        size: [leakage.coordinates(STANDARD, size, 64, count) for count in (1, 2, 4, 7, 16)]
        for size in COMMITTEE_SIZES
    }
    assert table == {
        1: [79, 152, 379, 858, 3267],
        4: [115, 253, 528, 1013, 3491],
        7: [292, 460, 756, 1276, 3825],
        10: [533, 699, 1074, 1588, 4069],
    }


@pytest.mark.parametrize("size", COMMITTEE_SIZES)
def test_what_a_chain_admits_by_default_stays_far_inside(size: int) -> None:
    assert leakage.coordinates(STANDARD, size, MAX_CONTRIBUTORS, 2) < leakage.margin(STANDARD) / 2


def test_more_of_anything_gives_more_away() -> None:
    sizes = [(4, 8, 1), (4, 9, 1), (4, 9, 2), (7, 9, 2), (10, 9, 2), (10, 64, 2)]
    given = [leakage.coordinates(STANDARD, *size) for size in sizes]
    assert given == sorted(given)
    assert len(set(given)) == len(given)


@pytest.mark.parametrize(
    ("change", "kind"),
    [({"release_mask": 1 << 34}, "release"), ({"score_mask": 1 << 76}, "aggregate")],
)
def test_a_mask_too_narrow_for_forged_payloads_is_refused(change: dict[str, Any], kind: str) -> None:
    """Both satisfy every inequality of honest noise, and lose the key."""
    narrow = replace(STANDARD, **change)
    presets.check(narrow, 7, MAX_CONTRIBUTORS, 1)
    found = leakage.openings(narrow, 7, MAX_CONTRIBUTORS, 1)[kind].bits
    assert found > 4 * leakage.openings(STANDARD, 7, MAX_CONTRIBUTORS, 1)[kind].bits
    assert leakage.coordinates(narrow, 7, MAX_CONTRIBUTORS, 1) > leakage.margin(STANDARD)


def test_a_release_is_refused_for_its_mask_alone() -> None:
    """The safe mask is a floor: one below it has no safe release, however few the contributors."""
    assert replace(STANDARD, release_mask=presets.SAFE_RELEASE_MASK).safe_release
    assert not replace(STANDARD, release_mask=presets.SAFE_RELEASE_MASK - 1).safe_release


def test_scalars_are_no_more_than_eleven_a_ciphertext_that_a_key_serves() -> None:
    found = leakage.openings(STANDARD, 4, 64, 1)
    scalars = sum(kind.count for name, kind in found.items() if name != "release")
    assert scalars == 65 * 8 + 65 + 64 + 64 == 713
    assert scalars < leakage.margin(STANDARD)  # were each to give away a coordinate
    assert found["release"].count == 4095
