"""`Ring` against polynomials of Python integers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto.presets import SMALL, STANDARD, Preset
from assay.crypto.ring import Ring, cipher_ring, key_ring

DEGREE = 8
RING = Ring(DEGREE, STANDARD.primes[:2])
Q = RING.modulus
Polynomial = list[int]

polynomials = st.lists(st.integers(-(Q // 2), Q // 2), min_size=DEGREE, max_size=DEGREE)


def signed(values: Polynomial) -> Polynomial:
    return [(v + Q // 2) % Q - Q // 2 for v in values]


def negacyclic(a: Polynomial, b: Polynomial) -> Polynomial:
    out = [0] * DEGREE
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[(i + j) % DEGREE] += x * y if i + j < DEGREE else -x * y
    return out


@given(polynomials, polynomials, st.integers(-(2**200), 2**200))
def test_ring_operations(a: Polynomial, b: Polynomial, factor: int) -> None:
    x, y = RING.encode(a), RING.encode(b)
    cases: list[tuple[Polynomial, Callable[[], object]]] = [
        (a, lambda: x),
        ([i + j for i, j in zip(a, b, strict=True)], lambda: RING.add(x, y)),
        ([i - j for i, j in zip(a, b, strict=True)], lambda: RING.sub(x, y)),
        ([-i for i in a], lambda: RING.neg(x)),
        ([factor * i for i in a], lambda: RING.mul_integer(x, factor)),
        (
            [factor * i - 3 * j for i, j in zip(a, b, strict=True)],
            lambda: RING.linear_combination([factor, -3], [x, y]),
        ),
        ([i + 2 * j for i, j in zip(a, b, strict=True)], lambda: RING.sum([x, y, y])),
        (negacyclic(a, b), lambda: RING.mul(x, y)),
    ]
    for expected, compute in cases:
        result = np.asarray(compute())
        assert RING.is_canonical(result)
        assert list(RING.decode(result)) == signed(expected)
    assert RING.constant(x) == a[0] % Q
    assert RING.constant_of_product(x, y) == negacyclic(a, b)[0] % Q
    assert RING.signed(RING.constant(x)) == signed(a)[0]


@given(st.lists(st.integers(-(2**62), 2**62), min_size=DEGREE, max_size=DEGREE))
def test_residues_do_not_depend_on_how_integers_come(values: list[int]) -> None:
    expected = [[v % q for v in values] for q in RING.primes]
    for given_as in (values, np.array(values, dtype=np.int64), np.array(values, dtype=object)):
        assert RING.reduce(given_as).tolist() == expected
    small = [v % 1000 - 500 for v in values]
    for dtype in (np.int64, np.int32, np.int16):
        assert RING.reduce(np.array(small, dtype=dtype)).tolist() == [
            [v % q for v in small] for q in RING.primes
        ]


def test_int64_extremes_are_reduced() -> None:
    ends = [-(2**63), 2**63 - 1, -RING.primes[0], RING.primes[0], 0, -1, 1, RING.primes[1]]
    got = RING.reduce(np.array(ends, dtype=np.int64))
    assert got.tolist() == [[v % q for v in ends] for q in RING.primes]


def test_leading_axes_are_kept() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(-5, 5, size=(2, 3, DEGREE))
    x = RING.encode(a)
    assert x.shape == (2, 3, 2, DEGREE)
    assert np.array_equal(RING.decode(x), a.astype(object))
    assert np.array_equal(RING.mul(x, x[0, 0])[1, 2], RING.mul(x[1, 2], x[0, 0]))


def test_combine_works_for_any_number_of_values_and_primes(preset: Preset) -> None:
    ring = key_ring(preset)
    values = [0, 1, ring.modulus - 1, ring.modulus // 3]
    residues = np.array([[v % q for v in values] for q in ring.primes], dtype=np.uint64)
    assert list(ring.combine(residues)) == values
    assert list(ring.combine_signed(residues)) == [0, 1, -1, ring.modulus // 3]


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(\.\.\., 2, 8\), not \(3, 8\)"):
        RING.add(np.zeros((3, 8), dtype=np.uint64), np.zeros((3, 8), dtype=np.uint64))


def test_canonical_means_below_the_prime() -> None:
    a = RING.zero()
    assert RING.is_canonical(a)
    a[1, 3] = RING.primes[1]
    assert not RING.is_canonical(a)
    a[1, 3] -= np.uint64(1)
    assert RING.is_canonical(a)
    assert not RING.is_canonical(a.astype(np.int64))
    assert not RING.is_canonical(a[:1])


def test_rings_of_a_preset() -> None:
    assert cipher_ring(SMALL).primes == SMALL.primes[:2]
    assert key_ring(SMALL).primes == SMALL.primes
    assert cipher_ring(SMALL) is cipher_ring(SMALL)
