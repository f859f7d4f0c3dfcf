"""Amounts as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.client.amounts import AmountError, format_amount, format_column, parse_amount


@pytest.mark.parametrize(
    ("text", "uasy"),
    [
        ("0", 0),
        ("5", 5),
        ("5uasy", 5),
        ("5 uasy", 5),
        ("1asy", 1_000_000),
        ("1.5ASY", 1_500_000),
        ("0.000001asy", 1),
        ("1_000asy", 10**9),
        ("1e3uasy", 1000),
        ("18446744073709551615", 2**64 - 1),
    ],
)
def test_amounts_are_read(text: str, uasy: int) -> None:
    assert parse_amount(text) == uasy


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not an amount"),
        ("asy", "not an amount"),
        ("five", "not an amount"),
        ("\u0663asy", "not an amount"),
        ("1e-999999999", "not an amount"),
        ("2.0000000000000000000000000000001asy", "whole number of uasy"),
        ("2." + "0" * 60 + "1asy", "not an amount"),
        ("1e999999", "not between"),
        ("1.5", "whole number of uasy"),
        ("0.0000001asy", "whole number of uasy"),
        ("nan", "whole number"),
        ("infasy", "whole number"),
        ("-1", "not between"),
        ("18446744073709551616", "not between"),
        ("1btc", "not an amount"),
    ],
)
def test_what_is_no_amount_gets_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(AmountError, match=reason):
        parse_amount(text)


@pytest.mark.parametrize(
    ("uasy", "text"),
    [
        (0, "0 ASY"),
        (1, "0.000001 ASY"),
        (2_500_000, "2.5 ASY"),
        (10**12, "1,000,000 ASY"),
        (-5, "-0.000005 ASY"),
    ],
)
def test_amounts_are_written_in_asy(uasy: int, text: str) -> None:
    assert format_amount(uasy) == text


@given(st.integers(0, 2**64 - 1))
def test_what_is_written_is_read_again(uasy: int) -> None:
    assert parse_amount(format_amount(uasy).replace(",", "").replace(" ", "")) == uasy


def test_a_column_has_equally_many_decimals() -> None:
    assert format_column([49_910_430, 42_521_682, 0]) == ["49.910430 ASY", "42.521682 ASY", "0.000000 ASY"]
    assert format_column([1_500_000, 1_200_000_000]) == ["1.5 ASY", "1,200.0 ASY"]
    assert format_column([2_000_000, 0]) == ["2 ASY", "0 ASY"]
    assert format_column([]) == []
