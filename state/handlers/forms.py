"""Checks of form that several kinds of messages share."""

from __future__ import annotations

from assay.state.rules import keys
from assay.state.rules.errors import BadAddress, BadStakeAmount


def require_address(value: bytes, what: str) -> None:
    """Refuse a field that is no address of 20 bytes; `what` names it in the sentence."""
    if len(value) != keys.ADDRESS_BYTES:
        raise BadAddress(f"the {what} has {len(value)} bytes, an address has 20")


def require_stake(amount: int) -> None:
    """Refuse to stake or free nothing."""
    if not amount:
        raise BadStakeAmount("the amount is zero; name at least 1 uasy")
