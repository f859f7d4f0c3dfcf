"""Amounts of tokens as people write and read them. 1 ASY is 1,000,000 uasy."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, localcontext
from typing import Final

UASY: Final = 1_000_000
"""Base units in one ASY."""
_MOST: Final = (1 << 64) - 1
_EXACT: Final = Context(prec=60, traps=[Inexact, InvalidOperation])


class AmountError(ValueError):
    """A text is not an amount; the message says why."""


def parse_amount(text: str) -> int:
    """Return an amount in uasy.

    Parameters
    ----------
    text
        ``2.5asy``, ``2500000uasy``, or a bare whole number of uasy; underscores may group digits.

    Raises
    ------
    AmountError
        If it is none of these, not whole in uasy, negative, or beyond 2^64.
    """
    lowered = text.strip().lower().replace("_", "")
    number, factor = lowered, 1
    if lowered.endswith("uasy"):
        number = lowered.removesuffix("uasy")
    elif lowered.endswith("asy"):
        number, factor = lowered.removesuffix("asy"), UASY
    try:
        number.encode("ascii")  # Decimal would read the digits of every script
        with localcontext(_EXACT):
            value = Decimal(number.strip()) * factor
    except (DecimalException, UnicodeEncodeError):
        raise AmountError(f"{text!r} is not an amount; write 2.5asy, or 2500000uasy") from None
    if value.is_finite() and not 0 <= value <= _MOST:
        raise AmountError(f"{text!r} is not between 0 and {_MOST} uasy")
    if not value.is_finite() or value % 1:
        raise AmountError(f"{text!r} is not a whole number of uasy; 1 ASY has {UASY} uasy")
    return int(value)


def format_column(amounts: Sequence[int]) -> list[str]:
    """Return amounts in ASY for a column: equally many decimals, as many as the longest needs."""
    texts = [format_amount(amount).removesuffix(" ASY") for amount in amounts]
    most = max((len(text.partition(".")[2]) for text in texts), default=0)
    return [_padded(text, most) + " ASY" for text in texts]


def _padded(text: str, decimals: int) -> str:
    whole, _, rest = text.partition(".")
    return f"{whole}.{rest:<0{decimals}}" if decimals else whole


def format_amount(uasy: int) -> str:
    """Return an amount in ASY, without trailing zeros: ``2.5 ASY``."""
    whole, rest = divmod(abs(uasy), UASY)
    sign = "-" if uasy < 0 else ""
    return f"{sign}{whole:,}" + (f".{rest:06d}".rstrip("0") if rest else "") + " ASY"
