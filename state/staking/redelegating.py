"""Redelegating: stake moves from one validator to another at once, and still answers for the first.

What has moved may not move on before its entry is over, or its slashes could not be followed.
"""

from __future__ import annotations

from itertools import islice

from assay.crypto.accounts import encode_address
from assay.proto.staking_pb2 import BOND_STATUS_UNBONDED, Delegation, RedelegationEntry, ValidatorRecord
from assay.state import counters, schedule
from assay.state.context import Context
from assay.state.rules import keys
from assay.state.rules.errors import RedelegationHop, TooManyEntries
from assay.state.rules.shares import encode_whole
from assay.state.staking.delegating import add, check_delegate, check_free, unbond_shares
from assay.state.staking.pools import shift
from assay.state.validators import redelegations
from assay.state.validators.records import pool_of


def check_redelegate(
    ctx: Context, delegator: bytes, source: bytes, target: bytes, amount: int
) -> tuple[ValidatorRecord, Delegation, int, ValidatorRecord]:
    """Return the source, the delegation, the shares to free of it, and the target of a redelegation.

    Raises
    ------
    ValidatorNotFound, BeingSlashed, DelegationNotFound, NotEnoughDelegated, ValidatorWorthless,
    RedelegationHop, TooManyEntries
        If `amount` uasy cannot move.
    """
    first, delegation, shares = check_free(ctx, delegator, source, amount)
    second = check_delegate(ctx, target, amount)
    arrived = next(redelegations.by_delegator(ctx.view, delegator, source), None)
    if arrived is not None:
        raise RedelegationHop(
            f"stake of this account that came to the validator may not move on before height "
            f"{arrived.completes}; undelegate it, or wait"
        )
    most = ctx.params.max_entries
    if len(list(islice(redelegations.between(ctx.view, delegator, target, source), most))) == most:
        raise TooManyEntries(
            f"{most} redelegations between these validators are under way; wait for the first to be over"
        )
    return first, delegation, shares, second


def redelegate(
    ctx: Context, source: ValidatorRecord, delegation: Delegation, shares: int, target: ValidatorRecord
) -> None:
    """Free shares of a delegation and delegate what they are worth to another validator.

    Stake of an unbonded validator has nothing left to answer for and leaves no entry; its event says 0.
    """
    pool, answers = pool_of(source), source.status != BOND_STATUS_UNBONDED
    freed = unbond_shares(ctx, source, delegation, shares)
    shift(ctx, pool, pool_of(target), freed)
    bought = add(ctx, target, delegation.delegator, freed)
    entry = RedelegationEntry(
        delegator=delegation.delegator,
        source=source.operator,
        target=target.operator,
        created=ctx.height,
        completes=ctx.height + ctx.params.unbonding_period,
        initial=freed,
        shares=encode_whole(bought),
    )
    if answers:
        entry.id = counters.take_unbonding(ctx.view)
        redelegations.add(ctx.view, entry)
    _tell(ctx, entry)


def _tell(ctx: Context, entry: RedelegationEntry) -> None:
    names = {"delegator": entry.delegator, "source": entry.source, "target": entry.target}
    indexed = {name: encode_address(address) for name, address in names.items()}
    ctx.emit("redelegate", indexed, amount=entry.initial, entry=entry.id)


def complete(ctx: Context) -> None:
    """Forget the entries of stake that has answered for its first validator long enough."""
    for entry_id in schedule.take_due(ctx.view, ctx.height, keys.DEADLINE_REDELEGATION):
        entry = ctx.view.require(RedelegationEntry, keys.redelegation(entry_id))
        redelegations.remove(ctx.view, entry)
