"""Validators, delegations, and what is on its way out."""

from __future__ import annotations

from assay.state.rules.errors.base import AssayError


class StakingError(AssayError):
    """Something about a validator or a delegation is refused."""

    codespace = "staking"


class ValidatorNotFound(StakingError):
    """There is no such validator."""

    code = 1


class ValidatorExists(StakingError):
    """The account is an operator already, or the consensus key is a validator's."""

    code = 2


class BadDescription(StakingError):
    """A validator's description is too long, or has no moniker."""

    code = 3


class BadCommission(StakingError):
    """A commission exceeds a bound, or changes too much or too soon."""

    code = 4


class BadPossession(StakingError):
    """A key does not prove that it is its sender's."""

    code = 5


class SelfDelegationTooLow(StakingError):
    """A promised minimum of self-delegation is too low, or not kept."""

    code = 6


class KeyTombstoned(StakingError):
    """The consensus key has signed two blocks at one height and is never again a validator's."""

    code = 7


class DelegationNotFound(StakingError):
    """The account has delegated nothing to this validator."""

    code = 8


class NotEnoughDelegated(StakingError):
    """The delegation is worth less than is to leave."""

    code = 9


class TooManyEntries(StakingError):
    """As many unbondings or redelegations as are allowed are under way."""

    code = 10


class RedelegationHop(StakingError):
    """Stake that has just moved may not move on."""

    code = 11


class BadRedelegation(StakingError):
    """Source and target of a redelegation are one validator."""

    code = 12


class UnbondingNotFound(StakingError):
    """There is no such unbonding entry of this account and validator."""

    code = 13


class ValidatorWorthless(StakingError):
    """The validator was slashed so much that its shares cannot be counted any more."""

    code = 14


class BadStakeAmount(StakingError):
    """An amount is zero, or too small to buy a share."""

    code = 15


class ValidatorJailed(StakingError):
    """The validator is jailed, and an unbonding from it cannot be cancelled."""

    code = 16


class BeingSlashed(StakingError):
    """A slash of the validator is under way; meanwhile nothing is delegated to it and nothing leaves it."""

    code = 17
