"""What a slash takes of stake that has left its validator, entry by entry.

Entries are asked in the order of their ids: first what is on its way out, then
what has moved to other validators. A slash remembers how far it has come, so it
can be worked off in parts (`SlashUnderWay`).
"""

from __future__ import annotations

from collections.abc import Iterable

from assay.proto.staking_pb2 import RedelegationEntry, SlashUnderWay, UnbondingEntry
from assay.state import ledger, schedule, staking
from assay.state.context import Context
from assay.state.rules import keys
from assay.state.rules.shares import decode_whole, part_of, shares_to_free
from assay.state.validators import delegations, records, redelegations, unbondings


def ask(ctx: Context, bill: SlashUnderWay, most: int) -> int:
    """Ask entries that were not asked yet.

    Parameters
    ----------
    bill
        The slash; changed here.
    most
        How many may be asked. What is leaving a validator to which stake has moved is looked at together, so
        it may become `max_entries` more.

    Returns
    -------
    int
        How many more might have been asked; 0 or less if some may be left.
    """
    return _ask_moved(ctx, bill, _ask_leaving(ctx, bill, most))


def ask_due(ctx: Context, bills: Iterable[SlashUnderWay]) -> None:
    """Ask, of entries that were not asked yet, those that are over when this block ends."""
    waiting = list(bills)
    for entry_id in schedule.due(ctx.view, ctx.height, keys.DEADLINE_UNBONDING) if waiting else ():
        leaving = ctx.view.require(UnbondingEntry, keys.unbonding(entry_id))
        for bill in waiting:
            if bill.slash.validator == leaving.validator and bill.next_unbonding <= entry_id:
                _burn_leaving(ctx, bill, _from_leaving(ctx, bill, leaving))
    for entry_id in schedule.due(ctx.view, ctx.height, keys.DEADLINE_REDELEGATION) if waiting else ():
        moved = ctx.view.require(RedelegationEntry, keys.redelegation(entry_id))
        for bill in waiting:
            if bill.slash.validator == moved.source and bill.next_redelegation <= entry_id:
                _from_moved(ctx, bill, moved)


def _charge(bill: SlashUnderWay, entry: UnbondingEntry | RedelegationEntry) -> int:
    """Return what an entry has to pay."""
    if entry.created < bill.slash.infraction_height:
        return 0
    due = min(part_of(entry.initial, bill.slash.fraction), bill.left)
    bill.left -= due
    return due


# --- on its way out ----------------------------------------------------------


def _ask_leaving(ctx: Context, bill: SlashUnderWay, most: int) -> int:
    taken = 0
    for entry in unbondings.from_validator(ctx.view, bill.slash.validator, bill.next_unbonding):
        if most <= 0:
            break
        most -= 1
        bill.next_unbonding = entry.id + 1
        taken += _from_leaving(ctx, bill, entry)
    _burn_leaving(ctx, bill, taken)
    return most


def _from_leaving(ctx: Context, bill: SlashUnderWay, entry: UnbondingEntry) -> int:
    return _take(ctx, entry, _charge(bill, entry))


def _take(ctx: Context, entry: UnbondingEntry, amount: int) -> int:
    """Take at most `amount` uasy from stake on its way out; return what there was. The caller burns it."""
    taken = min(amount, entry.balance)
    if taken:
        entry.balance -= taken
        unbondings.save(ctx.view, entry)
    return taken


def _burn_leaving(ctx: Context, bill: SlashUnderWay, taken: int) -> None:
    ledger.burn(ctx, keys.NOT_BONDED_POOL, taken)
    bill.slash.from_unbonding += taken


# --- at another validator ----------------------------------------------------


def _ask_moved(ctx: Context, bill: SlashUnderWay, most: int) -> int:
    for entry in redelegations.from_validator(ctx.view, bill.slash.validator, bill.next_redelegation):
        if most <= 0:
            break
        bill.next_redelegation = entry.id + 1
        most -= 1 + _from_moved(ctx, bill, entry)
    return most


def _from_moved(ctx: Context, bill: SlashUnderWay, entry: RedelegationEntry) -> int:
    """Burn what stake that has moved has to pay: first what is leaving its new validator already.

    Returns
    -------
    int
        How many unbondings that took a look at.
    """
    due, taken = _charge(bill, entry), 0
    leaving = list(unbondings.by_delegator(ctx.view, entry.delegator, entry.target)) if due else []
    for item in leaving:
        if item.id > entry.id:  # it left after the stake had come; both are numbered from one counter
            taken += _take(ctx, item, due - taken)
    ledger.burn(ctx, keys.NOT_BONDED_POOL, taken)
    bill.slash.from_redelegation += taken + _from_target(ctx, entry, due - taken)
    return len(leaving)


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
