"""Share arithmetic: nothing is created, nobody pays for another, and little is lost."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assay.state.rules.shares import (
    decode_whole,
    encode_whole,
    part_of,
    shares_for,
    shares_to_free,
    tokens_of,
)

AMOUNTS = st.integers(1, 2**40)


@st.composite
def validators(draw: st.DrawFn) -> tuple[int, int]:
    """Tokens and shares of a validator that was slashed somehow: tokens <= shares."""
    tokens = draw(AMOUNTS)
    return tokens, tokens + draw(st.integers(0, 2**60) | st.integers(0, 100))


@given(st.integers(0, 2**200))
def test_whole_numbers_have_one_encoding(value: int) -> None:
    data = encode_whole(value)
    assert decode_whole(data) == value
    assert not data.startswith(b"\0")


def test_a_first_share_is_a_uasy() -> None:
    assert shares_for(7, 0, 0) == 7
    assert tokens_of(7, 7, 7) == 7


@given(validators(), AMOUNTS)
def test_tokens_never_exceed_shares(validator: tuple[int, int], amount: int) -> None:
    tokens, shares = validator
    bought = shares_for(amount, tokens, shares)
    assert bought >= amount
    freed = min(amount, shares)
    assert tokens - tokens_of(freed, tokens, shares) <= shares - freed


@given(validators(), AMOUNTS)
def test_in_and_out_again_loses_at_most_one(validator: tuple[int, int], amount: int) -> None:
    tokens, shares = validator
    bought = shares_for(amount, tokens, shares)
    back = tokens_of(bought, tokens + amount, shares + bought)
    assert amount - 1 <= back <= amount


@given(validators(), AMOUNTS)
def test_what_is_asked_for_is_what_comes_out(validator: tuple[int, int], amount: int) -> None:
    tokens, shares = validator
    assume(amount <= tokens)
    needed = shares_to_free(amount, tokens, shares)
    assert needed <= shares
    assert tokens_of(needed, tokens, shares) == amount
    assert tokens_of(needed - 1, tokens, shares) < amount


@given(validators(), st.data())
def test_somebody_coming_or_going_costs_the_others_nothing(
    validator: tuple[int, int], data: st.DataObject
) -> None:
    tokens, shares = validator
    own = data.draw(st.integers(1, shares), label="own")
    before = tokens_of(own, tokens, shares)
    amount = data.draw(AMOUNTS, label="amount")
    bought = shares_for(amount, tokens, shares)
    assert tokens_of(own, tokens + amount, shares + bought) >= before
    freed = data.draw(st.integers(0, shares - own), label="freed")
    assert tokens_of(own, tokens - tokens_of(freed, tokens, shares), shares - freed) >= before


@given(validators())
def test_the_last_shares_take_everything(validator: tuple[int, int]) -> None:
    tokens, shares = validator
    assert tokens_of(shares, tokens, shares) == tokens


@pytest.mark.parametrize(("rate", "part"), [(0, 0), (1, 0), (5_000, 4), (9_999, 8), (10_000, 9)])
def test_a_part_is_rounded_down(rate: int, part: int) -> None:
    assert part_of(9, rate) == part
