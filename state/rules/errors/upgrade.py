"""Signals for another version of the state."""

from __future__ import annotations

from assay.state.rules.errors.base import AssayError


class UpgradeError(AssayError):
    """A signal for an upgrade is refused."""

    codespace = "upgrade"


class NoVoice(UpgradeError):
    """Only a validator in the set can signal."""

    code = 1


class BadUpgrade(UpgradeError):
    """A version or a height that an upgrade cannot have."""

    code = 2
