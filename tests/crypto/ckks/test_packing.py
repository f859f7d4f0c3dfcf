"""Packing: the conjugation-invariant subring, and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto.ckks import packing
from assay.crypto.ckks.packing import PackingError
from assay.crypto.presets import SMALL, STANDARD, Preset
from assay.crypto.ring import cipher_ring

finite = st.floats(-1e300, 1e300, allow_nan=False).filter(lambda v: v == 0 or abs(v) > 1e-300)


@given(st.lists(finite, min_size=1, max_size=50).filter(any))
def test_normalised_updates_have_length_one(values: list[float]) -> None:
    unit = packing.normalise(values)
    assert abs(float(unit @ unit) - 1) < 1e-14


@pytest.mark.parametrize("bad", [[], [0.0, 0.0], [1.0, float("nan")], [float("inf")]])
def test_updates_without_a_direction_are_refused(bad: list[float]) -> None:
    with pytest.raises(PackingError):
        packing.normalise(bad)


def test_matrices_are_flattened_in_row_major_order() -> None:
    matrix = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(packing.normalise(matrix), packing.normalise(matrix.ravel()))


def test_integers_are_rounded_once(preset: Preset) -> None:
    rng = np.random.default_rng(1)
    update = rng.normal(size=1000)
    integers = packing.quantise(update, preset)
    unit = packing.normalise(update)
    assert all(int(v) == round(float(u) * preset.scale) for v, u in zip(integers, unit, strict=True))
    assert abs(sum(int(v) ** 2 for v in integers) / preset.scale**2 - 1) < 1e-6


@pytest.mark.parametrize("count", [1, 2046, 2047, 2048, 4095, 4096, 9000])
def test_packing_round_trips(preset: Preset, count: int) -> None:
    values = np.random.default_rng(count).integers(-(2**40), 2**40, size=count)
    rows = packing.pack(values, preset)
    assert rows.shape == (preset.ciphertexts_for(count), preset.degree)
    half = preset.degree // 2
    assert not rows[:, 0].any()
    assert not rows[:, half].any()
    assert np.array_equal(rows[:, 1:half], -rows[:, :half:-1])
    differences = packing.symmetric_part(rows)
    assert differences.shape == (len(rows), preset.capacity)
    assert np.array_equal(packing.unpack(differences, count, preset), values / preset.scale)


def test_a_quantised_update_comes_back_to_within_rounding(preset: Preset) -> None:
    unit = packing.normalise(np.random.default_rng(5).normal(size=5000))
    back = packing.unpack(
        packing.symmetric_part(packing.pack(packing.quantise(unit, preset), preset)), 5000, preset
    )
    assert abs(back - unit).max() <= 0.5 / preset.scale + 2.0**-52


def test_wide_integers_are_packed_too() -> None:
    values = np.array([2**90, -(2**80), 3], dtype=object)
    row = packing.pack(values, SMALL)[0]
    assert (row[1], row[2], row[-1], row[-2]) == (2**90, -(2**80), -(2**90), 2**80)


def test_constant_coefficient_of_a_product_is_twice_the_inner_product(preset: Preset) -> None:
    rng = np.random.default_rng(2)
    a, b = rng.integers(-(2**30), 2**30, size=(2, preset.capacity))
    ring = cipher_ring(preset)
    x, y = (ring.encode(packing.pack(v, preset)[0]) for v in (a, b))
    expected = 2 * sum(int(i) * int(j) for i, j in zip(a, b, strict=True))
    assert ring.signed(ring.constant_of_product(x, y)) == expected


def test_products_stay_in_the_subring() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.integers(-100, 100, size=(2, STANDARD.capacity))
    ring = cipher_ring(STANDARD)
    product = ring.decode(ring.mul(*(ring.encode(packing.pack(v, STANDARD)[0]) for v in (a, b))))
    assert product[STANDARD.degree // 2] == 0
    assert np.array_equal(product[1 : STANDARD.degree // 2], -product[: STANDARD.degree // 2 : -1])
