"""Rates as people write and read them: in per cent, at most two decimals. The chain counts basis points."""

from __future__ import annotations

from decimal import Decimal, DecimalException

from assay.state.rules.shares import BASIS_POINTS


class RateError(ValueError):
    """A text is not a rate; the message says why."""


def parse_rate(text: str) -> int:
    """Return the basis points of a rate such as ``5%`` or ``2.5 %``.

    Raises
    ------
    RateError
        If it is none, not between 0% and 100%, or finer than 0.01%.
    """
    number = text.strip().removesuffix("%")
    try:
        value = Decimal(number.strip()) * 100
    except DecimalException:
        raise RateError(f"{text!r} is not a rate; write 5%, or 2.5%") from None
    if number == text.strip():  # 0.05 of the Cosmos SDK's commands is 5%, and 5 would be ambiguous
        raise RateError(f"{text!r} has no per cent sign; write 5% for five in a hundred")
    if not value.is_finite() or not 0 <= value <= BASIS_POINTS:
        raise RateError(f"{text!r} is not between 0% and 100%")
    if value != int(value):
        raise RateError(f"{text!r} is finer than the chain counts; two decimals are the most")
    return int(value)


def format_rate(points: int) -> str:
    """Return basis points in per cent, without trailing zeros: ``2.5%``."""
    whole, rest = divmod(points, 100)
    return f"{whole}" + (f".{rest:02d}".rstrip("0") if rest else "") + "%"


def format_part(part: int, whole: int) -> str:
    """Return a part of a whole in per cent, rounded to two decimals: ``33.33%``; of nothing 0."""
    points = (2 * part * BASIS_POINTS + whole) // (2 * whole) if whole else 0
    return f"{points // 100}.{points % 100:02d}%"
