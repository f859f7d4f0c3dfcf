"""How tokens become shares of a validator's stake, and shares become tokens again.

`add` and `unbond_shares` are the only places where a delegation's shares change. They pay its rewards first,
and do not touch the pools: their callers know where the tokens come from and go to.
"""

from __future__ import annotations

from assay.crypto.accounts import encode_address
from assay.proto.staking_pb2 import BOND_STATUS_UNBONDED, Delegation, ValidatorRecord
from assay.state import distribution, ledger
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules.errors import (
    BeingSlashed,
    DelegationNotFound,
    NotEnoughDelegated,
    ValidatorWorthless,
)
from assay.state.rules.shares import (
    MAX_SHARES,
    decode_whole,
    encode_whole,
    shares_for,
    shares_to_free,
    tokens_of,
)
from assay.state.validators import delegations, slash_queue
from assay.state.validators import records as validators
from assay.state.validators.jail import jail
from assay.state.validators.records import pool_of


def worth(record: ValidatorRecord, delegation: Delegation | None) -> int:
    """Return what a delegation to a validator is worth, in uasy, rounded down."""
    if delegation is None:
        return 0
    return tokens_of(decode_whole(delegation.shares), record.tokens, decode_whole(record.shares))


def self_stake(view: Overlay, record: ValidatorRecord) -> int:
    """Return what an operator has delegated to its own validator, in uasy."""
    return worth(record, delegations.load(view, record.operator, record.operator))


# --- in ----------------------------------------------------------------------


def check_delegate(ctx: Context, operator: bytes, amount: int) -> ValidatorRecord:
    """Return the validator that `amount` uasy can be delegated to.

    Raises
    ------
    ValidatorNotFound, BeingSlashed, ValidatorWorthless
        If there is none, it is being slashed, or it was slashed so much that its shares cannot be counted.
    """
    record = _find_settled(ctx.view, operator)
    _price(record, amount)
    return record


def _find_settled(view: Overlay, operator: bytes) -> ValidatorRecord:
    """Return a validator whose stake may change; what a slash asks for must not come or leave meanwhile."""
    record = validators.find(view, operator)
    if slash_queue.holds(view, operator):
        raise BeingSlashed(
            "a slash of the validator is under way and takes some blocks; until `assay query slashes` lists "
            "it nothing is delegated to the validator and nothing leaves it; send it again then"
        )
    return record


def _price(record: ValidatorRecord, amount: int) -> int:
    """Return the shares that `amount` uasy buy."""
    shares = decode_whole(record.shares)
    if shares and not record.tokens:
        raise ValidatorWorthless("the validator's stake was slashed to nothing; choose another validator")
    bought = shares_for(amount, record.tokens, shares)
    if shares + bought > MAX_SHARES:
        raise ValidatorWorthless("the validator was slashed to almost nothing; choose another validator")
    return bought


def delegate(ctx: Context, delegator: bytes, record: ValidatorRecord, amount: int) -> int:
    """Delegate `amount` uasy of an account to a validator; return the shares they buy.

    Raises
    ------
    ValidatorWorthless, InsufficientFunds
        As `check_delegate`, or if the account holds less.
    """
    ledger.move(ctx, delegator, pool_of(record), amount)
    bought = add(ctx, record, delegator, amount)
    ctx.emit("delegate", told(delegator, record.operator), amount=amount, shares=bought)
    return bought


def add(ctx: Context, record: ValidatorRecord, delegator: bytes, amount: int) -> int:
    """Count tokens that lie in the validator's pool already as a delegator's; return the shares they buy."""
    bought = _price(record, amount)
    found = delegations.load(ctx.view, delegator, record.operator)
    delegation = found or Delegation(delegator=delegator, validator=record.operator)
    distribution.settle(ctx, record, delegation)
    delegation.shares = encode_whole(decode_whole(delegation.shares) + bought)
    delegations.save(ctx.view, delegation)
    record.tokens += amount
    record.shares = encode_whole(decode_whole(record.shares) + bought)
    validators.save(ctx, record)
    return bought


# --- out ---------------------------------------------------------------------


def check_free(
    ctx: Context, delegator: bytes, operator: bytes, amount: int
) -> tuple[ValidatorRecord, Delegation, int]:
    """Return the validator, the delegation, and the shares to free so that `amount` uasy can leave it.

    If what would be left is worth nothing it goes along.

    Raises
    ------
    ValidatorNotFound, BeingSlashed, DelegationNotFound, NotEnoughDelegated
        If that much is not there, or may not leave now.
    """
    record = _find_settled(ctx.view, operator)
    delegation = delegations.load(ctx.view, delegator, operator)
    if delegation is None:
        raise DelegationNotFound("the account has delegated nothing to this validator")
    held = worth(record, delegation)
    if held < amount:
        raise NotEnoughDelegated(f"the delegation is worth {held} uasy, {amount} uasy are to leave it")
    shares, total = decode_whole(delegation.shares), decode_whole(record.shares)
    needed = shares_to_free(amount, record.tokens, total)
    dust = not tokens_of(shares - needed, record.tokens, total)
    return record, delegation, shares if dust else needed


def unbond_shares(ctx: Context, record: ValidatorRecord, delegation: Delegation, shares: int) -> int:
    """Free shares of a delegation, at most what it holds; return the uasy they are worth.

    The tokens are not the validator's any more but still lie in its pool: the caller moves or burns them. An
    operator that does not keep its promise of self-delegation is jailed. A validator without shares that
    is unbonded is forgotten. Both records are written.
    """
    distribution.settle(ctx, record, delegation)
    total = decode_whole(record.shares)
    freed = tokens_of(shares, record.tokens, total)
    delegation.shares = encode_whole(decode_whole(delegation.shares) - shares)
    delegations.save(ctx.view, delegation)
    record.tokens -= freed
    record.shares = encode_whole(total - shares)
    validators.save(ctx, record)
    if delegation.delegator == record.operator and worth(record, delegation) < record.min_self_delegation:
        jail(ctx, record)
    forget_empty(ctx, record)
    return freed


def forget_empty(ctx: Context, record: ValidatorRecord) -> None:
    """Forget a validator without shares, unless it is in the set or could still be slashed."""
    if record.shares or record.status != BOND_STATUS_UNBONDED:
        return
    distribution.close_rewards(ctx, record)
    validators.delete(ctx, record)
    ctx.emit("remove_validator", {"validator": encode_address(record.operator)})


def told(delegator: bytes, operator: bytes) -> dict[str, str]:
    """Return the attributes under which events about a delegation are found."""
    return {"delegator": encode_address(delegator), "validator": encode_address(operator)}
