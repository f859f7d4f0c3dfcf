"""Taking stake, by the rule of infraction height (x/staking of the Cosmos SDK).

Whoever's stake stood behind a validator when it did wrong pays the same part of
it, wherever that stake is now: still with the validator, on its way out, or with
another validator. What left before pays nothing. Each pays for itself only: if
somebody cannot pay all of its part, because the stake was slashed for something
else meanwhile, nobody pays instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from assay.crypto.accounts import encode_address
from assay.proto.staking_pb2 import (
    RedelegationEntry,
    SlashReason,
    SlashRecord,
    UnbondingEntry,
    ValidatorRecord,
)
from assay.state import counters, ledger, staking
from assay.state.context import Context
from assay.state.rules import keys
from assay.state.rules.shares import decode_whole, part_of, shares_to_free
from assay.state.validators import delegations, records, redelegations, unbondings


def voted_with(height: int) -> int:
    """Return the infraction height of a vote: stake that left at it or later gave that vote its power.

    The set that signs a height was settled at the end of the block two before it.
    """
    return height - 1


@dataclass(slots=True)
class Bill:
    """What a slash takes.

    Attributes
    ----------
    since
        Stake that left at this height or later answers.
    fraction
        Basis points.
    left
        Uasy that nobody was asked for yet.
    """

    since: int
    fraction: int
    left: int

    def charge(self, initial: int) -> int:
        """Return what stake that left as so many uasy has to pay."""
        due = min(part_of(initial, self.fraction), self.left)
        self.left -= due
        return due


def slash(
    ctx: Context,
    record: ValidatorRecord,
    infraction_height: int,
    stake: int,
    fraction: int,
    reason: SlashReason,
    key_id: int = 0,
) -> int:
    """Burn a part of the stake that stood behind a validator when it did wrong.

    Parameters
    ----------
    record
        The validator's record as it is in the state; changed here and written.
    infraction_height
        Stake that left the validator at this height or later is part of `stake` and pays its part.
    stake
        Uasy behind the validator then.
    fraction
        Basis points of it; never more than that is burned, all together.
    reason, key_id
        For the record of the slash; the key is that of a committee fault.

    Returns
    -------
    int
        Uasy burned.
    """
    bill = Bill(infraction_height, fraction, part_of(stake, fraction))
    unbonding = _from_unbonding(ctx, bill, record.operator)
    moved = _from_redelegation(ctx, bill, record.operator)
    own = min(bill.left, record.tokens)
    _burn_tokens(ctx, record, own)
    done = SlashRecord(
        validator=record.operator,
        height=ctx.height,
        infraction_height=infraction_height,
        reason=reason,
        fraction=fraction,
        burned=unbonding + moved + own,
        from_unbonding=unbonding,
        from_redelegation=moved,
        key_id=key_id,
    )
    if done.burned:
        _tell(ctx, done)
    return done.burned


def _from_unbonding(ctx: Context, bill: Bill, operator: bytes) -> int:
    """Charge what is on its way out of a validator; return what was burned."""
    entries = [item for item in unbondings.from_validator(ctx.view, operator) if item.created >= bill.since]
    taken = sum(_take(ctx, entry, bill.charge(entry.initial)) for entry in entries)
    ledger.burn(ctx, keys.NOT_BONDED_POOL, taken)
    return taken


def _take(ctx: Context, entry: UnbondingEntry, amount: int) -> int:
    """Take at most `amount` uasy from stake on its way out; return what there was. The caller burns it."""
    taken = min(amount, entry.balance)
    if taken:
        entry.balance -= taken
        unbondings.save(ctx.view, entry)
    return taken


def _from_redelegation(ctx: Context, bill: Bill, operator: bytes) -> int:
    """Charge what has moved from a validator to others; return what was burned."""
    entries = [
        item for item in redelegations.from_validator(ctx.view, operator) if item.created >= bill.since
    ]
    return sum(_from_moved(ctx, entry, bill.charge(entry.initial)) for entry in entries)


def _from_moved(ctx: Context, entry: RedelegationEntry, due: int) -> int:
    """Burn at most `due` uasy of stake that has moved: first what is leaving its new validator already."""
    taken = 0
    for item in list(unbondings.by_delegator(ctx.view, entry.delegator, entry.target)):
        if item.id > entry.id:  # it left after the stake had come; both are numbered from one counter
            taken += _take(ctx, item, due - taken)
    ledger.burn(ctx, keys.NOT_BONDED_POOL, taken)
    return taken + _from_target(ctx, entry, due - taken)


def _from_target(ctx: Context, entry: RedelegationEntry, due: int) -> int:
    """Burn the part of a delegation that stands for `due` uasy of the stake it came from.

    If the new validator was slashed meanwhile its shares are worth less, and so is what they pay.
    """
    target = records.load(ctx.view, entry.target)
    delegation = delegations.load(ctx.view, entry.delegator, entry.target)
    if not due or target is None or delegation is None or not target.tokens:
        return 0
    part = decode_whole(entry.shares) * due // entry.initial
    enough = shares_to_free(due, target.tokens, decode_whole(target.shares))
    pool = records.pool_of(target)
    shares = min(part, enough, decode_whole(delegation.shares))
    freed = staking.unbond_shares(ctx, target, delegation, shares)
    ledger.burn(ctx, pool, freed)
    return freed


def _burn_tokens(ctx: Context, record: ValidatorRecord, amount: int) -> None:
    if not amount:
        return
    record.tokens -= amount
    records.save(ctx, record)
    ledger.burn(ctx, records.pool_of(record), amount)


def _tell(ctx: Context, done: SlashRecord) -> None:
    """Record a slash, and tell the world."""
    done.id = counters.take_slash(ctx.view)
    ctx.view.save(keys.slash(done.validator, done.id), done)
    reason = SlashReason.Name(done.reason).removeprefix("SLASH_REASON_").lower()
    ctx.emit(
        "slash",
        {"validator": encode_address(done.validator), "reason": reason},
        id=done.id,
        burned=done.burned,
        from_unbonding=done.from_unbonding,
        from_redelegation=done.from_redelegation,
    )
