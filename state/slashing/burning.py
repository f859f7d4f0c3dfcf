"""Taking stake, by the rule of infraction height (x/staking of the Cosmos SDK).

Whoever's stake stood behind a validator when it did wrong pays the same part of
it, wherever that stake is now: still with the validator, on its way out, or with
another validator. What left before pays nothing. Each pays for itself only: if
somebody cannot pay all of its part, because the stake was slashed for something
else meanwhile, nobody pays instead.

All slashes together ask at most `slash_block_entries` entries in one block: stake
that leaves in a great many small pieces cannot hold a block up. A slash of a
validator with more goes on in the blocks that follow. Until it is done nothing is
delegated to that validator and nothing leaves it, so in the end everybody has
paid as if it had been done at once; what is over meanwhile is asked before.
"""

from __future__ import annotations

from assay.crypto.accounts import encode_address
from assay.proto.staking_pb2 import SlashQueue, SlashReason, SlashRecord, SlashUnderWay, ValidatorRecord
from assay.state import counters, ledger
from assay.state.context import Context
from assay.state.rules import keys
from assay.state.rules.shares import part_of
from assay.state.slashing import entries
from assay.state.validators import records, slash_queue


def voted_with(height: int) -> int:
    """Return the infraction height of a vote: stake that left at it or later gave that vote its power.

    The set that signs a height was settled at the end of the block two before it.
    """
    return height - 1


def slash(
    ctx: Context,
    record: ValidatorRecord,
    infraction_height: int,
    stake: int,
    fraction: int,
    reason: SlashReason,
    key_id: int = 0,
) -> int:
    """Burn a part of the stake that stood behind a validator when it did wrong, or begin to.

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
        Uasy burned; 0 if the slash is under way now.
    """
    bill = SlashUnderWay(
        slash=SlashRecord(
            validator=record.operator,
            height=ctx.height,
            infraction_height=infraction_height,
            reason=reason,
            fraction=fraction,
            key_id=key_id,
        ),
        left=part_of(stake, fraction),
    )
    return _begin(ctx, bill, record) if bill.left else 0


def _begin(ctx: Context, bill: SlashUnderWay, record: ValidatorRecord) -> int:
    """Work a slash off at once if this block has room for it, and none of the validator is under way."""
    queue, burned = slash_queue.load(ctx.view), 0
    if not slash_queue.holds(ctx.view, record.operator) and _all_asked(ctx, queue, bill):
        burned = _finish(ctx, bill, record)
    else:
        queue.slashes.append(bill)
    slash_queue.save(ctx.view, queue)
    return burned


def end_block(ctx: Context) -> None:
    """Go on with the slashes under way; it comes before whatever completes in this block."""
    queue = slash_queue.load(ctx.view)
    if not queue.asked and not queue.slashes:
        return
    while queue.slashes and _all_asked(ctx, queue, queue.slashes[0]):
        bill = queue.slashes.pop(0)
        _finish(ctx, bill, records.load(ctx.view, bill.slash.validator))
    entries.ask_due(ctx, queue.slashes)
    queue.asked = 0
    slash_queue.save(ctx.view, queue)


def _all_asked(ctx: Context, queue: SlashQueue, bill: SlashUnderWay) -> bool:
    """Ask as many entries as the block still may; tell whether those were all."""
    may = ctx.params.slash_block_entries - queue.asked
    left = entries.ask(ctx, bill, may)
    queue.asked += may - left
    return left > 0


def _finish(ctx: Context, bill: SlashUnderWay, record: ValidatorRecord | None) -> int:
    """Take from a validator's tokens what nobody else was asked for; return what was burned in all.

    A validator that was created since the slash is another one, of the same operator.
    """
    done, own = bill.slash, 0
    if record is not None and record.created <= done.height:
        own = min(bill.left, record.tokens)
        _burn_tokens(ctx, record, own)
    done.burned = done.from_unbonding + done.from_redelegation + own
    if done.burned:
        _tell(ctx, done)
    return done.burned


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
