"""Which seats make a new key, and why none can be made."""

from __future__ import annotations

from assay.crypto.presets import COMMITTEE_SIZES
from assay.proto.state_pb2 import KEY_STATUS_FAILED, Committee, CommitteeSeat, Suspension
from assay.state import counters, faults
from assay.state.ceremony import records
from assay.state.context import Context
from assay.state.rules import keys


def choose_members(ctx: Context) -> list[CommitteeSeat]:
    """Return the members of a key begun now, by validator address; none if too few seats can serve."""
    present = faults.present(ctx.view, _seats(ctx), ctx.height)
    size = max((n for n in COMMITTEE_SIZES if n <= len(present)), default=0)
    return present[:size] if size >= ctx.params.min_committee else []


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
    seats = _seats(ctx)
    absent = [faults.suspension(ctx.view, seat.validator, ctx.height) for seat in seats]
    told = "; ".join(_reason(item) for item in absent if item is not None) or "none"
    counts = f"{absent.count(None)} of {len(seats)} seats can serve, a key takes {ctx.params.min_committee}"
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
    until = f"until height {item.until}" if item.until else "for good"
    return f"{item.validator.hex()} {until} ({faults.word(item.kind)}, key {item.key_id})"


def _seats(ctx: Context) -> list[CommitteeSeat]:
    committee = ctx.view.load(Committee, keys.COMMITTEE)
    return list(committee.seats) if committee is not None else []
