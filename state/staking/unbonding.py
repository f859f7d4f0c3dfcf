"""Undelegating: stake waits for the unbonding period, in which it can still be slashed, and then is paid out.

It waits as long whatever the validator's status, as in the Cosmos SDK: so what completes in one block was
asked for in one block, and nobody escapes a slash by way of a validator that is unbonded already.
"""

from __future__ import annotations

from itertools import islice

from assay.proto.staking_pb2 import Delegation, UnbondingEntry, ValidatorRecord
from assay.state import counters, ledger, schedule
from assay.state.context import Context
from assay.state.rules import keys
from assay.state.rules.errors import (
    NotEnoughDelegated,
    TooManyEntries,
    UnbondingNotFound,
    ValidatorJailed,
)
from assay.state.staking.delegating import add, check_delegate, check_free, told, unbond_shares
from assay.state.staking.pools import shift
from assay.state.validators import unbondings
from assay.state.validators.records import pool_of


def check_undelegate(
    ctx: Context, delegator: bytes, operator: bytes, amount: int
) -> tuple[ValidatorRecord, Delegation, int]:
    """Return the validator, the delegation, and the shares to free so that `amount` uasy can leave.

    Raises
    ------
    ValidatorNotFound, BeingSlashed, DelegationNotFound, NotEnoughDelegated, TooManyEntries
        If they cannot.
    """
    found = check_free(ctx, delegator, operator, amount)
    most = ctx.params.max_entries
    if len(list(islice(unbondings.by_delegator(ctx.view, delegator, operator), most))) == most:
        raise TooManyEntries(
            f"{most} unbondings from this validator are under way; wait for the first, or cancel it"
        )
    return found


def undelegate(ctx: Context, record: ValidatorRecord, delegation: Delegation, shares: int) -> UnbondingEntry:
    """Free shares of a delegation; what they are worth is paid out after the unbonding period."""
    pool = pool_of(record)
    freed = unbond_shares(ctx, record, delegation, shares)
    shift(ctx, pool, keys.NOT_BONDED_POOL, freed)
    entry = UnbondingEntry(
        id=counters.take_unbonding(ctx.view),
        delegator=delegation.delegator,
        validator=record.operator,
        created=ctx.height,
        completes=ctx.height + ctx.params.unbonding_period,
        initial=freed,
        balance=freed,
    )
    unbondings.add(ctx.view, entry)
    _emit(ctx, "undelegate", entry, amount=freed, completes=entry.completes)
    return entry


def complete(ctx: Context) -> None:
    """Pay out what has waited long enough."""
    for entry_id in schedule.take_due(ctx.view, ctx.height, keys.DEADLINE_UNBONDING):
        entry = ctx.view.require(UnbondingEntry, keys.unbonding(entry_id))
        unbondings.remove(ctx.view, entry)
        ledger.move(ctx, keys.NOT_BONDED_POOL, entry.delegator, entry.balance)
        _emit(ctx, "complete_unbonding", entry, amount=entry.balance)


# --- cancelling --------------------------------------------------------------


def check_cancel(
    ctx: Context, delegator: bytes, operator: bytes, entry_id: int, amount: int
) -> tuple[ValidatorRecord, UnbondingEntry]:
    """Return the validator and the entry of which `amount` uasy can be delegated again.

    Raises
    ------
    UnbondingNotFound, NotEnoughDelegated, ValidatorNotFound, BeingSlashed, ValidatorJailed,
    ValidatorWorthless
        If they cannot.
    """
    entry = unbondings.load(ctx.view, entry_id)
    if entry is None or (entry.delegator, entry.validator) != (delegator, operator):
        raise UnbondingNotFound(
            f"the account has no unbonding {entry_id} from this validator; `assay query unbonding` lists them"
        )
    if entry.balance < amount:
        raise NotEnoughDelegated(f"the unbonding holds {entry.balance} uasy, not {amount} uasy")
    record = check_delegate(ctx, operator, amount)
    if record.jailed:
        raise ValidatorJailed("the validator is jailed; let the unbonding complete, or wait until it is back")
    return record, entry


def cancel(ctx: Context, record: ValidatorRecord, entry: UnbondingEntry, amount: int) -> None:
    """Delegate `amount` uasy of an unbonding to its validator again."""
    shift(ctx, keys.NOT_BONDED_POOL, pool_of(record), amount)
    add(ctx, record, entry.delegator, amount)
    entry.balance -= amount
    entry.initial -= amount
    if entry.balance:
        unbondings.save(ctx.view, entry)
    else:
        unbondings.remove(ctx.view, entry)
    _emit(ctx, "cancel_unbonding", entry, amount=amount)


def _emit(ctx: Context, kind: str, entry: UnbondingEntry, **details: int) -> None:
    ctx.emit(kind, told(entry.delegator, entry.validator), entry=entry.id, **details)
