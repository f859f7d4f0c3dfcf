"""Decoding against a brute-force search over every polynomial that some of the values determine."""

from __future__ import annotations

from itertools import combinations
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from assay.crypto.committee.reed_solomon import interpolate_at, lagrange, outliers, point
from assay.crypto.presets import STANDARD

SMALL_PRIME = 13  # small, so that random values often lie on polynomials by accident


def brute_force(values: dict[int, int], degree: int, prime: int) -> tuple[int, ...] | None:
    members = sorted(values)
    for group in combinations(members, degree + 1):
        base = {member: values[member] for member in group}
        wrong = tuple(m for m in members if interpolate_at(base, point(m), prime) != values[m])
        if 2 * len(wrong) <= len(members) - degree - 1:
            return wrong
    return None


@st.composite
def noisy_words(draw: st.DrawFn, prime: int) -> tuple[dict[int, int], int]:
    """Values of a polynomial at some members, any of them replaced."""
    degree = draw(st.integers(0, 4))
    coefficients = draw(st.lists(st.integers(0, prime - 1), min_size=degree + 1, max_size=degree + 1))
    members = draw(st.lists(st.integers(0, 9), unique=True))
    values = {m: sum(c * point(m) ** k for k, c in enumerate(coefficients)) % prime for m in members}
    for member in draw(st.lists(st.sampled_from(members), max_size=5) if members else st.just([])):
        values[member] = draw(st.integers(0, prime - 1))
    return values, degree


@given(noisy_words(SMALL_PRIME))
def test_finds_what_an_exhaustive_search_finds(word: tuple[dict[int, int], int]) -> None:
    values, degree = word
    assert outliers(values, degree, SMALL_PRIME) == brute_force(values, degree, SMALL_PRIME)


@given(noisy_words(STANDARD.primes[0]))
def test_finds_it_modulo_a_long_prime_too(word: tuple[dict[int, int], int]) -> None:
    values, degree = word
    prime = STANDARD.primes[0]
    assert outliers(values, degree, prime) == brute_force(values, degree, prime)


@given(st.lists(st.integers(0, SMALL_PRIME - 1), min_size=10, max_size=10), st.integers(0, 9))
def test_arbitrary_words_decode_as_the_search_says(word: list[int], degree: int) -> None:
    values = dict(enumerate(word))
    assert outliers(values, degree, SMALL_PRIME) == brute_force(values, degree, SMALL_PRIME)


@given(noisy_words(SMALL_PRIME), st.randoms())
def test_the_order_of_arrival_does_not_matter(word: tuple[dict[int, int], int], shuffler: Random) -> None:
    values, degree = word
    order = list(values)
    shuffler.shuffle(order)
    assert outliers({m: values[m] for m in order}, degree, SMALL_PRIME) == outliers(
        values, degree, SMALL_PRIME
    )


def test_weights_hold_modulo_a_composite_number() -> None:
    modulus = STANDARD.modulus
    polynomial = [5, 7, 11]
    values = {m: sum(c * point(m) ** k for k, c in enumerate(polynomial)) % modulus for m in (0, 4, 9)}
    assert interpolate_at(values, 0, modulus) == 5
    assert sum(lagrange((0, 4, 9), 3, modulus)) % modulus == 1
