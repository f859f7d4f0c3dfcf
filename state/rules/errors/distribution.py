"""Rewards and commissions."""

from __future__ import annotations

from assay.state.rules.errors.base import AssayError


class DistributionError(AssayError):
    """Something about rewards is refused."""

    codespace = "distribution"


class NothingToWithdraw(DistributionError):
    """There is no reward or commission."""

    code = 1


class BadWithdrawAddress(DistributionError):
    """Rewards cannot be paid to this address."""

    code = 2
