"""Rates in per cent, and what people might write instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.client.rates import RateError, format_part, format_rate, parse_rate


@pytest.mark.parametrize(
    ("text", "points"), [("5%", 500), ("2.5 %", 250), (" 0.01%", 1), ("100%", 10_000), ("0%", 0)]
)
def test_per_cent_are_read_as_basis_points(text: str, points: int) -> None:
    assert parse_rate(text) == points


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0.05", "no per cent sign"),
        ("5", "no per cent sign"),
        ("five", "not a rate"),
        ("%", "not a rate"),
        ("", "not a rate"),
        ("-1%", "not between"),
        ("100.01%", "not between"),
        ("nan%", "not between"),
        ("1e99%", "not between"),
        ("1e999999%", "not a rate"),
        ("0.001%", "finer"),
    ],
)
def test_anything_else_gets_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(RateError, match=reason):
        parse_rate(text)


@given(st.integers(0, 10_000))
def test_what_is_written_is_read(points: int) -> None:
    assert parse_rate(format_rate(points)) == points


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (1, 3, "33.33%"),
        (2, 3, "66.67%"),
        (1, 1, "100.00%"),
        (0, 7, "0.00%"),
        (0, 0, "0.00%"),
        (5, 0, "0.00%"),
    ],
)
def test_parts_are_rounded_to_two_decimals(part: int, whole: int, text: str) -> None:
    assert format_part(part, whole) == text
