"""Which validators make a new key, which keys lost one of theirs, and why none can be made.

Seats go to those in the validator set with most stake, each with at least
`min_seat_stake`. What a member has staked when its key begins is what it answers
with for the key's whole life.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from assay.crypto.presets import COMMITTEE_SIZES
from assay.proto.staking_pb2 import ValidatorRecord
from assay.proto.state_pb2 import KEY_STATUS_FAILED, CommitteeSeat, Key, Suspension
from assay.state import counters, faults
from assay.state.ceremony import records
from assay.state.context import Context
from assay.state.validators import records as validators


def choose_members(ctx: Context) -> list[CommitteeSeat]:
    """Return the members of a key begun now, by consensus address; none if too few validators can serve."""
    present = (
        seat for seat in _seats(ctx) if faults.suspension(ctx.view, seat.validator, ctx.height) is None
    )
    found = list(islice(present, COMMITTEE_SIZES[-1]))
    size = max((n for n in COMMITTEE_SIZES if n <= len(found)), default=0)
    if size < ctx.params.min_committee:
        return []
    return sorted(found[:size], key=lambda seat: seat.validator)


def has_lost_a_member(ctx: Context, key: Key) -> bool:
    """Tell whether a validator of a key could not be given its seat any more, were it free.

    It has left the set, or most of its stake has left it. What it still has unbonding may be gone before a
    round that takes the key ends, so the key must not be taken.
    """
    found = (validators.load(ctx.view, member.seat.operator) for member in key.members)
    return not all(record is not None and _may_sit(ctx, record) for record in found)


def _may_sit(ctx: Context, record: ValidatorRecord) -> bool:
    enough = record.tokens >= ctx.params.min_seat_stake
    return enough and validators.is_bonded(record) and not record.jailed


def note(ctx: Context) -> str:
    """Say why no key is ready: what is being made and why the last attempt failed, or why nothing can be."""
    reason = blocked(ctx)
    if reason:
        return reason
    failure = _last_failure(ctx)
    return f"the committee is making keys; ask again in some blocks{failure and f' ({failure})'}"


def blocked(ctx: Context) -> str:
    """Say why no key can be made; empty if one is ready, in the making, or about to begin."""
    if records.pool(ctx.view) or choose_members(ctx):
        return ""
    able = sum(faults.suspension(ctx.view, seat.validator, ctx.height) is None for seat in _seats(ctx))
    told = "; ".join(map(_reason, faults.suspended(ctx.view, ctx.height))) or "none"
    least, wanted = ctx.params.min_seat_stake, ctx.params.min_committee
    counts = f"{able} validators with {least} uasy in the set can serve, a key takes {wanted}"
    return f"no key can be made: {counts}; suspended: {told}"


def _last_failure(ctx: Context) -> str:
    """Say why the last of the keys begun lately that failed did so; empty if none did."""
    newest = counters.load(ctx.view).next_key - 1
    for key_id in range(newest, max(0, newest - 2 * ctx.params.key_pool), -1):
        key = records.load(ctx.view, key_id)
        if key is not None and key.status == KEY_STATUS_FAILED:
            return f"key {key_id} failed: {key.failure}"
    return ""


def _reason(item: Suspension) -> str:
    return f"{item.validator.hex()} until height {item.until} ({faults.word(item.kind)}, key {item.key_id})"


def _seats(ctx: Context) -> Iterator[CommitteeSeat]:
    """Yield the seats of the validators that have stake for one, most stake first, suspended or not."""
    for record in validators.ranked(ctx.view):
        if record.tokens < ctx.params.min_seat_stake:
            return
        if _may_sit(ctx, record):
            yield CommitteeSeat(
                validator=validators.consensus_address(record),
                committee_key=record.committee_key,
                operator=record.operator,
                stake=record.tokens,
            )
