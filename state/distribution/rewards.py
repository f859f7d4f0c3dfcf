"""A validator's rewards: what comes in for its operator and its delegators, and how they take it out.

Whatever is counted here lies in the account DISTRIBUTION: `outstanding` is what a validator's operator and
delegators have there together. What rounding leaves over stays in it until the validator is no more.
"""

from __future__ import annotations

from assay.crypto.accounts import encode_address
from assay.proto.staking_pb2 import Delegation, ValidatorRecord, ValidatorRewards
from assay.state import ledger
from assay.state.context import Context
from assay.state.distribution import community
from assay.state.distribution.withdrawal import withdraw_address
from assay.state.overlay import Overlay
from assay.state.rules import keys, rewards
from assay.state.rules.errors import DelegationNotFound, NothingToWithdraw
from assay.state.rules.shares import decode_whole, encode_whole, part_of
from assay.state.validators import delegations
from assay.state.validators import records as validators


def rewards_of(view: Overlay, operator: bytes) -> ValidatorRewards:
    """Return a validator's rewards; one that never had any has none."""
    return view.load(ValidatorRewards, keys.rewards(operator)) or ValidatorRewards()


def allocate(ctx: Context, record: ValidatorRecord, amount: int) -> None:
    """Divide `amount` uasy that are in DISTRIBUTION already: commission to the operator, the rest by shares.

    A validator without shares has no delegators; all of it is commission.
    """
    if not amount:
        return
    found, shares = rewards_of(ctx.view, record.operator), decode_whole(record.shares)
    commission = part_of(amount, record.commission.rate) if shares else amount
    if shares:
        per_share = decode_whole(found.per_share) + rewards.per_share_of(amount - commission, shares)
        found.per_share = encode_whole(per_share)
    found.outstanding += amount
    found.commission += commission
    ctx.view.save(keys.rewards(record.operator), found)


def reward(ctx: Context, operator: bytes, amount: int) -> None:
    """Allocate to an operator's validator; if it is no more, the tokens are the community pool's."""
    record = validators.load(ctx.view, operator)
    if record is None:
        community.add(ctx, amount)
    else:
        allocate(ctx, record, amount)


def owed(view: Overlay, delegation: Delegation) -> int:
    """Return the uasy a delegation has earned and not been paid."""
    return rewards.pending(delegation, rewards_of(view, delegation.validator))


def settle(ctx: Context, record: ValidatorRecord, delegation: Delegation) -> int:
    """Pay a delegation what it is owed, and count from now on; the caller writes the delegation.

    It must come before every change of a delegation's shares, its first included: what a share earns counts
    from the moment at which it is held.

    Returns
    -------
    int
        What was paid, in uasy.
    """
    found = rewards_of(ctx.view, record.operator)
    amount = rewards.pending(delegation, found)
    delegation.reward_start = found.per_share
    if amount:
        found.outstanding -= amount
        _pay(ctx, found, record.operator, delegation.delegator, amount)
        _tell(ctx, "withdraw_rewards", record.operator, delegation.delegator, amount)
    return amount


def check_withdraw(ctx: Context, delegator: bytes, operator: bytes) -> tuple[ValidatorRecord, Delegation]:
    """Return the validator and the delegation that a delegator can withdraw rewards of.

    Raises
    ------
    ValidatorNotFound, DelegationNotFound, NothingToWithdraw
        If it cannot.
    """
    record = validators.find(ctx.view, operator)
    delegation = delegations.load(ctx.view, delegator, operator)
    if delegation is None:
        raise DelegationNotFound("the account has delegated nothing to this validator")
    if not owed(ctx.view, delegation):
        raise NothingToWithdraw("the delegation has not earned 1 uasy since its rewards were paid last")
    return record, delegation


def withdraw(ctx: Context, delegator: bytes, operator: bytes) -> None:
    """Pay a delegator what its delegation to a validator is owed; raises as `check_withdraw` does."""
    record, delegation = check_withdraw(ctx, delegator, operator)
    settle(ctx, record, delegation)
    delegations.save(ctx.view, delegation)


def check_withdraw_commission(ctx: Context, operator: bytes) -> ValidatorRewards:
    """Return the rewards of a validator whose operator can withdraw a commission.

    Raises
    ------
    ValidatorNotFound, NothingToWithdraw
        If it cannot.
    """
    validators.find(ctx.view, operator)
    found = rewards_of(ctx.view, operator)
    if not found.commission:
        raise NothingToWithdraw("the validator has earned no commission since it was paid last")
    return found


def withdraw_commission(ctx: Context, operator: bytes) -> None:
    """Pay an operator its validator's commission; raises as `check_withdraw_commission` does."""
    _pay_commission(ctx, check_withdraw_commission(ctx, operator), operator)


def close_rewards(ctx: Context, record: ValidatorRecord) -> None:
    """Pay the commission of a validator that is about to be forgotten; what rounding left is the community's.

    It must have no delegations any more.
    """
    found = rewards_of(ctx.view, record.operator)
    if found.commission:
        _pay_commission(ctx, found, record.operator)
    community.add(ctx, found.outstanding)
    ctx.view.delete(keys.rewards(record.operator))


def _pay_commission(ctx: Context, found: ValidatorRewards, operator: bytes) -> None:
    amount = found.commission
    found.commission = 0
    found.outstanding -= amount
    _pay(ctx, found, operator, operator, amount)
    _tell(ctx, "withdraw_commission", operator, operator, amount)


def _pay(ctx: Context, found: ValidatorRewards, operator: bytes, account: bytes, amount: int) -> None:
    """Pay out what was taken from `found`, to wherever the account wants it."""
    place = keys.rewards(operator)
    if found.ByteSize():
        ctx.view.save(place, found)
    else:
        ctx.view.delete(place)  # the tree keeps no empty values
    ledger.move(ctx, keys.DISTRIBUTION, withdraw_address(ctx.view, account), amount)


def _tell(ctx: Context, kind: str, operator: bytes, account: bytes, amount: int) -> None:
    indexed = {"validator": encode_address(operator), "account": encode_address(account)}
    ctx.emit(kind, indexed, amount=amount)
