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
from assay.proto.staking_pb2 import SlashReason, SlashRecord, UnbondingEntry, ValidatorRecord
from assay.state import counters, ledger
from assay.state.context import Context
from assay.state.rules import keys
from assay.state.rules.shares import part_of
from assay.state.validators import records


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
    own = min(bill.left, record.tokens)
    _burn_tokens(ctx, record, own)
    done = SlashRecord(
        validator=record.operator,
        height=ctx.height,
        infraction_height=infraction_height,
        reason=reason,
        fraction=fraction,
        burned=unbonding + own,
        from_unbonding=unbonding,
        key_id=key_id,
    )
    if done.burned:
        _tell(ctx, done)
    return done.burned


def _from_unbonding(ctx: Context, bill: Bill, operator: bytes) -> int:
    """Charge what has left a validator since; return what was burned."""
    found = [keys.parse_entry(key) for key, _ in ctx.view.iterate(keys.unbonding_from(operator))]
    taken = 0
    for entry_id in found:
        entry = ctx.view.require(UnbondingEntry, keys.unbonding(entry_id))
        if entry.created >= bill.since:
            taken += take_from_entry(ctx, entry, bill.charge(entry.initial))
    ledger.burn(ctx, keys.NOT_BONDED_POOL, taken)
    return taken


def take_from_entry(ctx: Context, entry: UnbondingEntry, amount: int) -> int:
    """Take at most `amount` uasy from stake on its way out; return what was there. The caller burns it."""
    taken = min(amount, entry.balance)
    if taken:
        entry.balance -= taken
        ctx.view.save(keys.unbonding(entry.id), entry)
    return taken


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
