"""Acceptance of scalars: honest work at the edge of mask and noise passes, one step beyond does not."""

from __future__ import annotations

from math import isqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto import bounds, presets
from assay.crypto.presets import COMMITTEE_SIZES, PRESETS, STANDARD, Preset


def test_limits_are_inclusive(preset: Preset) -> None:
    limit, unit, slack = preset.length_limit, preset.unit, bounds.slack(preset)
    for sign in (1, -1):
        assert bounds.length_ok(preset, sign * limit)
        assert not bounds.length_ok(preset, sign * (limit + 1))
        assert bounds.norm_ok(preset, unit + sign * slack)
        assert not bounds.norm_ok(preset, unit + sign * (slack + 1))
        assert bounds.alignment_ok(preset, sign * (unit + slack), unit, unit)
        assert not bounds.alignment_ok(preset, sign * (unit + slack + 1), unit, unit)


def test_slack_is_four_masks(preset: Preset) -> None:
    assert bounds.slack(preset) == 4 * preset.score_mask == preset.unit >> 8


@pytest.mark.parametrize("scalar", [0, -1, 1])
def test_a_norm_of_nothing_is_refused(preset: Preset, scalar: int) -> None:
    assert not bounds.norm_ok(preset, scalar)
    assert not bounds.norm_ok(preset, -preset.unit)
    assert not bounds.norm_ok(preset, 100 * preset.unit)


def test_aggregate_limits(preset: Preset) -> None:
    unit, slack = preset.unit, bounds.slack(preset)
    for accepted in (1, 2, 64):
        reach = (accepted - 1) * (unit + slack) + 2 * slack
        assert bounds.aggregate_ok(preset, unit + reach, accepted)
        assert bounds.aggregate_ok(preset, unit - reach, accepted)
        assert not bounds.aggregate_ok(preset, unit + reach + 1, accepted)
        assert not bounds.aggregate_ok(preset, unit - reach - 1, accepted)
    assert not bounds.aggregate_ok(preset, unit, 0)
    assert not bounds.aggregate_ok(preset, 2 * unit, 1)


def test_alignment_needs_norms(preset: Preset) -> None:
    assert not bounds.alignment_ok(preset, 0, -1, preset.unit)
    assert not bounds.alignment_ok(preset, 0, preset.unit, -1)


def error(preset: Preset, size: int) -> int:
    """Mask and noise of one score at their largest."""
    return preset.score_mask + 8 * preset.scale * presets.noise_bound(preset, size)


@given(
    st.sampled_from(PRESETS),
    st.sampled_from(COMMITTEE_SIZES),
    st.floats(-1, 1),
    st.integers(-1, 1),
    st.integers(-1, 1),
    st.integers(-1, 1),
)
def test_honest_scores_with_the_worst_mask_and_noise_are_accepted(
    preset: Preset, size: int, cosine: float, on_a: int, on_n: int, on_reference: int
) -> None:
    worst = error(preset, size)
    n, reference = preset.unit + on_n * worst, preset.unit + on_reference * worst
    a = int(cosine * preset.unit) + on_a * worst
    assert bounds.norm_ok(preset, n)
    assert bounds.alignment_ok(preset, a, n, reference)


@given(st.sampled_from(PRESETS), st.sampled_from(COMMITTEE_SIZES), st.integers(1, 64), st.floats(-1, 1))
def test_honest_aggregates_are_accepted(preset: Preset, size: int, accepted: int, cosine: float) -> None:
    others = int((accepted - 1) * cosine * preset.unit)
    noise = accepted * (error(preset, size) - preset.score_mask)
    for sign in (1, -1):
        h = preset.unit + others + sign * (preset.score_mask + noise)
        # Noise grows with the number of updates in G; so does what the predicate allows.
        assert bounds.aggregate_ok(preset, h, accepted)


def test_honest_length_scalars_pass_with_the_worst_mask() -> None:
    """Mask 8 leaves 7 standard deviations to the honest scalar."""
    assert bounds.length_ok(STANDARD, STANDARD.length_mask + 7 * STANDARD.length_unit)


@given(st.integers(0, 1 << 110), st.integers(0, 1 << 110), st.integers(-(1 << 112), 1 << 112))
def test_alignment_is_cauchy_schwarz_in_integers(n: int, reference: int, a: int) -> None:
    allowed = abs(a) <= isqrt(n * reference) + STANDARD.unit // 256
    assert bounds.alignment_ok(STANDARD, a, n, reference) == allowed
