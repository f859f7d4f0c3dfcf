"""Presets: what they are, and the inequalities at their extremes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import comb, isqrt, prod

import pytest
from tenseal import sealapi

from assay.crypto import presets
from assay.crypto.errors import PresetError
from assay.crypto.presets import COMMITTEE_SIZES, SMALL, STANDARD, Preset


def test_primes_are_those_of_seals_create(preset: Preset) -> None:
    bits = [q.bit_length() for q in preset.primes]
    assert [m.value() for m in sealapi.CoeffModulus.Create(preset.degree, bits)] == list(preset.primes)


def test_figures_of_standard() -> None:
    assert (STANDARD.degree, STANDARD.scale, STANDARD.unit) == (8192, 2**50, 2**102)
    assert (STANDARD.capacity, STANDARD.ciphertext_bytes) == (4095, 262_144)
    assert STANDARD.score_mask * 2**10 == STANDARD.unit
    assert STANDARD.safe_release
    assert STANDARD.modulus.bit_length() == 120
    assert (STANDARD.ciphertexts_for(1), STANDARD.ciphertexts_for(4095), STANDARD.ciphertexts_for(4096)) == (
        1,
        1,
        2,
    )


def test_figures_of_small() -> None:
    assert (SMALL.degree, SMALL.scale, SMALL.unit) == (4096, 2**26, 2**54)
    assert (SMALL.capacity, SMALL.ciphertext_bytes) == (2047, 131_072)
    assert SMALL.score_mask * 2**10 == SMALL.unit
    assert not SMALL.safe_release


def test_rho_rms_is_that_of_the_odd_integers() -> None:
    squares = sum(v * v for v in range(1, presets.RHO_BOUND, 2))
    assert presets.RHO_RMS**2 <= squares // (presets.RHO_BOUND // 2) < (presets.RHO_RMS + 1) ** 2


@pytest.mark.parametrize("size", COMMITTEE_SIZES)
def test_extremes_are_accepted(preset: Preset, size: int) -> None:
    for contributors in (1, presets.MAX_CONTRIBUTORS):
        for ciphertexts in (1, presets.MAX_CIPHERTEXTS):
            presets.check(preset, size, contributors, ciphertexts)


@pytest.mark.parametrize("size", COMMITTEE_SIZES)
def test_masks_of_all_seeds_together_stay_in_their_bound(preset: Preset, size: int) -> None:
    t = presets.threshold(size)
    assert presets.seed_count(size) == comb(size, t)
    for mask, total in (
        (preset.score_mask_per_seed(size), preset.score_mask),
        (preset.length_mask_per_seed(size), preset.length_mask),
    ):
        assert total - comb(size, t) < comb(size, t) * mask <= total


CONTRADICTIONS: dict[str, Callable[[Preset], Preset]] = {
    # An update of length 5.74 would then have norm 1 modulo Q and pass the length checks.
    "scale too large for the length checks": lambda p: replace(p, scale=p.scale << 6),
    "scale one bit too large": lambda p: replace(p, scale=p.scale << 1, score_mask=p.score_mask << 2),
    "score mask as wide as the tolerance": lambda p: replace(p, score_mask=p.score_mask << 2),
    "score mask of nothing": lambda p: replace(p, score_mask=100),
    "release mask of nothing": lambda p: replace(p, release_mask=0),
    "release mask below the noise": lambda p: replace(p, release_mask=1 << 12),
    "modulus too long for the degree": lambda p: replace(p, primes=(*p.primes[:2], p.primes[1], p.primes[2])),
    "degree without an entry": lambda p: replace(p, degree=2048),
    "prime that has no NTT": lambda p: replace(p, primes=(p.primes[0] - 2, *p.primes[1:])),
    "special prime shorter than the others": lambda p: replace(p, primes=(p.primes[0], p.primes[2], 65537)),
}


@pytest.mark.parametrize("change", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_preset_that_contradicts_an_inequality_is_refused(
    preset: Preset, change: Callable[[Preset], Preset]
) -> None:
    with pytest.raises(PresetError):
        presets.check(change(preset), 10, presets.MAX_CONTRIBUTORS, 1)


def refusal(preset: Preset, size: int = 10, ciphertexts: int = 1) -> str:
    """What `check` says of a round of 64; nothing if it admits it."""
    try:
        presets.check(preset, size, presets.MAX_CONTRIBUTORS, ciphertexts)
    except PresetError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("size", COMMITTEE_SIZES)
def test_the_widest_score_mask_is_admitted_and_no_wider(preset: Preset, size: int) -> None:
    """2 (mask + 8 scale v) <= U / 2^8: an honest norm keeps to half of its tolerance."""
    widest = preset.unit // 512 - 8 * preset.scale * presets.noise_bound(preset, size)
    assert preset.score_mask < widest
    assert not refusal(replace(preset, score_mask=widest), size)
    assert "mask and noise of a norm" in refusal(replace(preset, score_mask=widest + 1), size)


@pytest.mark.parametrize("size", COMMITTEE_SIZES)
def test_the_narrowest_release_mask_that_covers_honest_noise_is_admitted(preset: Preset, size: int) -> None:
    noise = presets.noise_bound(preset, size)
    assert not refusal(replace(preset, release_mask=noise), size)
    assert "noise of a sum" in refusal(replace(preset, release_mask=noise - 1), size)


@pytest.mark.parametrize("size", COMMITTEE_SIZES)
def test_the_widest_release_mask_that_cannot_wrap_is_admitted(preset: Preset, size: int) -> None:
    """Both halves of a released coefficient, all seeds' masks, noise: at most Q/2."""
    noise = 8 * 64 * preset.scale * presets.noise_bound(preset, size)
    widest = (preset.modulus // 2 - 128 * preset.scale - noise) // (2 * presets.seed_count(size))
    assert not refusal(replace(preset, release_mask=widest), size)
    assert "released sum against Q/2" in refusal(replace(preset, release_mask=widest + 1), size)


def test_the_largest_scale_for_scores_of_all_contributors(preset: Preset) -> None:
    """64 (1 + 2^-7) U + mask + noise <= Q/2, as a function of the scale."""

    def too_large(scale: int) -> bool:
        return "largest honest score" in refusal(replace(preset, scale=scale))

    def reaches(scale: int) -> int:
        unit, noise = 4 * scale * scale, presets.noise_bound(preset, 10)
        return 64 * (unit + 2 * unit // 256) + preset.score_mask + 8 * 64 * scale * noise

    largest = _last(preset.scale, preset.scale << 12, lambda scale: not too_large(scale))
    assert reaches(largest) <= preset.modulus // 2 < reaches(largest + 1)
    assert largest > 16 * preset.scale  # length checks ask for more


def test_the_largest_scale_for_the_length_checks(preset: Preset) -> None:
    """(60 / (5 L))^8 <= 2^-40, L the next length with norm 1: as a function of the scale, L >= 384."""
    largest = _last(preset.scale, preset.scale << 12, lambda scale: not refusal(replace(preset, scale=scale)))
    length = isqrt(preset.modulus // (4 * largest * largest))
    assert (60 / (5 * length)) ** 8 <= 2**-40 < (60 / (5 * (length - 1))) ** 8
    assert length == 384
    assert "update too long" in refusal(replace(preset, scale=largest + 1))


def test_the_least_scale_for_the_length_checks_of_the_largest_payload(preset: Preset) -> None:
    """4 RMS v sqrt(N K) is at most half of 4 scale RMS, and so v sqrt(N K) at most half of the scale."""
    most = presets.MAX_CIPHERTEXTS
    least = 2 * presets.noise_bound(preset, 10) * (isqrt(preset.degree * most) + 1)
    assert least < preset.scale
    assert not refusal(replace(preset, scale=least, score_mask=1 << 20), 10, most)
    tight = refusal(replace(preset, scale=least - 1, score_mask=1 << 20), 10, most)
    assert "noise of a length check" in tight


def _last(low: int, high: int, admitted: Callable[[int], bool]) -> int:
    """The last number that is admitted: `low` is, `high` is not."""
    assert admitted(low)
    assert not admitted(high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if admitted(middle) else (low, middle)
    return low


@pytest.mark.parametrize(
    ("size", "contributors", "ciphertexts"),
    [(0, 8, 1), (2, 8, 1), (13, 8, 1), (4, 0, 1), (4, 65, 1), (4, 8, 0), (4, 8, 257)],
)
def test_sizes_out_of_range_are_refused(
    preset: Preset, size: int, contributors: int, ciphertexts: int
) -> None:
    with pytest.raises(PresetError):
        presets.check(preset, size, contributors, ciphertexts)


def test_refusals_name_both_sides() -> None:
    with pytest.raises(PresetError, match=r"length check.*needs at most \d+, has \d+"):
        presets.check(replace(STANDARD, scale=1 << 56, score_mask=1 << 104), 4, 8, 1)


def test_a_score_of_all_contributors_has_room_by_itself() -> None:
    """At scale 2^56 the unit is 2^114: 64 contributors would reach 2^120, which is Q."""
    wide = replace(STANDARD, scale=1 << 56, score_mask=1 << 104)
    assert 64 * wide.unit > wide.modulus // 2 > 64 * STANDARD.unit
    with pytest.raises(PresetError, match="largest honest score against Q/2"):
        presets.check(wide, 1, 64, 1)


def test_presets_are_found_by_name_and_id(preset: Preset) -> None:
    assert presets.by_name(preset.name) is preset
    assert presets.by_wire_id(preset.wire_id) is preset
    with pytest.raises(PresetError, match="no preset named 'wide'"):
        presets.by_name("wide")
    with pytest.raises(PresetError, match="no preset with id 3"):
        presets.by_wire_id(3)


def test_noise_bound_holds_for_sums_of_seeds(preset: Preset) -> None:
    """The bound is twelve deviations of the formula; what it derives from is recomputed here."""
    for size in COMMITTEE_SIZES:
        seeds = presets.seed_count(size)
        key, error, ternary = seeds * 2 / 3, seeds * 21 / 2, 2 / 3
        variance = preset.degree * (error * ternary + 21 / 2 * key) + 21 / 2
        assert 12 * variance**0.5 <= presets.noise_bound(preset, size) <= 12 * variance**0.5 + 24


def test_modulus_of_both_presets_uses_the_budget_of_the_standard(preset: Preset) -> None:
    assert prod(preset.primes).bit_length() <= presets.SECURITY_BITS[preset.degree]
