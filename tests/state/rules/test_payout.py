"""The payout formula: exact, fair by construction, and equal to the Shapley value it claims to be."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.state.rules.payout import Outcome, Score, divide, largest_remainder, numerators

UNIT = 1 << 20


def dot(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    return sum(x * y for x, y in zip(a, b, strict=True))


def scores_of(updates: list[tuple[int, ...]], reference: tuple[int, ...], reserve: int = 0) -> list[Score]:
    total = tuple(map(sum, zip(*updates, strict=True)))
    return [Score(dot(g, reference), dot(g, total), reserve) for g in updates]


vectors = st.tuples(*[st.integers(-1000, 1000)] * 4)
games = st.tuples(st.lists(vectors, min_size=1, max_size=5), vectors)
amounts = st.integers(0, 10**12)


# --- the formula against its source ------------------------------------------


def shapley(updates: list[tuple[int, ...]], reference: tuple[int, ...], eta: Fraction) -> list[Fraction]:
    """Average every contributor's marginal gain over all orders of arrival, by brute force."""

    def value(members: tuple[int, ...]) -> Fraction:
        total = tuple(map(sum, zip(*(updates[i] for i in members), strict=True))) if members else (0,) * 4
        return eta * dot(total, reference) - eta * eta * dot(total, total) / 2

    gains = [Fraction(0)] * len(updates)
    orders = list(permutations(range(len(updates))))
    for order in orders:
        for place, i in enumerate(order):
            gains[i] += value(order[: place + 1]) - value(order[:place])
    return [gain / len(orders) for gain in gains]


@given(games)
def test_the_share_is_the_shapley_value_of_the_quadratic_game(
    game: tuple[list[tuple[int, ...]], tuple[int, ...]],
) -> None:
    updates, reference = game
    scores = scores_of(updates, reference)
    total_a, total_h = sum(s.alignment for s in scores), sum(s.aggregate for s in scores)
    if total_a <= 0 or total_h <= 0:
        return
    # The best step for the sum of all is eta = A / H; there v(all) = A^2 / (2 H).
    values = shapley(updates, reference, Fraction(total_a, total_h))
    whole = Fraction(total_a * total_a, 2 * total_h)
    assert sum(values) == whole
    found = [Fraction(number, total_a * total_h) for number in numerators(scores)]
    assert found == [value / whole for value in values]


# --- properties of a division ------------------------------------------------

scores = st.lists(
    st.builds(Score, st.integers(-UNIT, UNIT), st.integers(-UNIT, 4 * UNIT), st.integers(0, 10**6)),
    max_size=8,
)


@given(amounts, scores, st.integers(0, 4 * UNIT), st.integers(1, 4))
def test_amounts_and_refund_are_the_bounty_exactly(
    bounty: int, found: list[Score], norm: int, least: int
) -> None:
    result = divide(bounty, found, norm, least)
    assert sum(result.amounts) + result.refund == bounty
    assert all(amount >= 0 for amount in (*result.amounts, result.refund))
    assert len(result.amounts) == len(result.offers) == len(result.numerators) == len(found)
    if result.outcome is Outcome.PAID:
        assert sum(amount > 0 for amount in result.amounts) >= least
        assert sum(result.offers) == bounty
    else:
        assert result.refund == bounty


@given(amounts, scores, st.integers(0, 4 * UNIT))
def test_nobody_is_paid_less_than_the_reserve_or_for_a_share_below_zero(
    bounty: int, found: list[Score], norm: int
) -> None:
    result = divide(bounty, found, norm, 1)
    for score, number, amount in zip(found, result.numerators, result.amounts, strict=True):
        assert amount == 0 or amount >= score.reserve
        assert number > 0 or amount == 0


@given(amounts, games, st.integers(2, 1000))
def test_the_division_does_not_depend_on_the_unit(
    bounty: int, game: tuple[list[tuple[int, ...]], tuple[int, ...]], factor: int
) -> None:
    updates, reference = game
    small = scores_of(updates, reference)
    large = [Score(s.alignment * factor, s.aggregate * factor, 0) for s in small]
    norm = dot(reference, reference)
    assert divide(bounty, small, norm, 1).amounts == divide(bounty, large, norm * factor, 1).amounts


@given(games, st.data())
def test_contributors_who_did_the_same_are_paid_the_same_to_the_last_unit(
    game: tuple[list[tuple[int, ...]], tuple[int, ...]], data: st.DataObject
) -> None:
    updates, reference = game
    twin = data.draw(st.integers(0, len(updates) - 1))
    updates = [*updates, updates[twin]]
    result = divide(10**9, scores_of(updates, reference), dot(reference, reference), 1)
    assert abs(result.offers[twin] - result.offers[-1]) <= 1


@given(scores, st.integers(0, 4 * UNIT))
def test_an_amount_refused_by_a_reserve_reaches_nobody_else(found: list[Score], norm: int) -> None:
    free = [Score(s.alignment, s.aggregate, 0) for s in found]
    without, with_reserves = divide(10**6, free, norm, 1), divide(10**6, found, norm, 1)
    if with_reserves.outcome is Outcome.PAID:
        assert all(b in (a, 0) for a, b in zip(without.amounts, with_reserves.amounts, strict=True))


# --- outcomes ----------------------------------------------------------------


def one(alignment: int, aggregate: int, reserve: int = 0) -> list[Score]:
    return [Score(alignment, aggregate, reserve)]


@pytest.mark.parametrize(
    ("found", "least", "outcome"),
    [
        ([], 1, Outcome.NO_PROGRESS),
        (one(0, UNIT), 1, Outcome.NO_PROGRESS),
        (one(-1, UNIT), 1, Outcome.NO_PROGRESS),
        (one(UNIT, 0), 1, Outcome.NO_LENGTH),
        (one(UNIT, -1), 1, Outcome.NO_LENGTH),
        (one(UNIT, UNIT // 2), 1, Outcome.INCONSISTENT),
        (one(UNIT, UNIT), 2, Outcome.TOO_FEW_PAID),
        (one(UNIT, UNIT, 101), 1, Outcome.TOO_FEW_PAID),
        (one(UNIT, UNIT, 100), 1, Outcome.PAID),
    ],
)
def test_outcomes(found: list[Score], least: int, outcome: Outcome) -> None:
    assert divide(100, found, UNIT, least).outcome is outcome


def test_cauchy_schwarz_is_judged_with_a_tolerance_of_one_in_64() -> None:
    # A^2 = 65/64 H n_ref is the last that passes.
    assert divide(100, one(65, 65), 64, 1).outcome is Outcome.PAID
    assert divide(100, one(65, 64), 64, 1).outcome is Outcome.INCONSISTENT


def test_a_known_division() -> None:
    found = [Score(3, 5, 0), Score(2, 4, 0), Score(-1, 3, 0)]
    # A = 4, H = 12: numerators 2 a 12 - h 4 = 52, 32, -36; of 100 uasy 52/84 and 32/84.
    result = divide(100, found, 10, 1)
    assert result.numerators == (52, 32, -36)
    assert result.amounts == (62, 38, 0)


# --- largest remainder -------------------------------------------------------


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**9), min_size=1, max_size=10))
def test_largest_remainder_adds_up_and_stays_within_one_unit(amount: int, weights: list[int]) -> None:
    if not sum(weights):
        return
    parts = largest_remainder(amount, weights)
    assert sum(parts) == amount
    total = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(amount * weight, total) - part) < 1
        assert weight or part == 0


def test_ties_go_to_the_lower_index() -> None:
    assert largest_remainder(5, [1, 1, 1]) == (2, 2, 1)
    assert largest_remainder(2, [1, 1, 1]) == (1, 1, 0)


def test_weights_of_zero_cannot_be_divided_by() -> None:
    with pytest.raises(ValueError, match="more than zero"):
        largest_remainder(5, [0, 0])
