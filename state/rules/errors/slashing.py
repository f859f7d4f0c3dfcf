"""Jail and the way out of it."""

from __future__ import annotations

from assay.state.rules.errors.base import AssayError


class SlashingError(AssayError):
    """Something about a jailed validator is refused."""

    codespace = "slashing"


class NotJailed(SlashingError):
    """The validator is not jailed."""

    code = 1


class StillJailed(SlashingError):
    """The time in jail is not over."""

    code = 2


class Tombstoned(SlashingError):
    """The validator has signed two blocks at one height: it never comes back."""

    code = 3
