"""Movements of tokens."""

from __future__ import annotations

from assay.state.rules.errors.base import AssayError


class BankError(AssayError):
    """A movement of tokens is refused."""

    codespace = "bank"


class InsufficientFunds(BankError):
    """The account holds less than is to be moved."""

    code = 1


class BadAddress(BankError):
    """An address is not 20 bytes, or is one nobody can hold a key for."""

    code = 2


class BadAmount(BankError):
    """An amount is zero or beyond the supply."""

    code = 3
