"""Which seats make a new key, and why none can be made."""

from __future__ import annotations

from assay.crypto.presets import COMMITTEE_SIZES
from assay.proto.state_pb2 import Committee, CommitteeSeat, Suspension
from assay.state import faults
from assay.state.ceremony import records
from assay.state.context import Context
from assay.state.rules import keys


def choose_members(ctx: Context) -> list[CommitteeSeat]:
    """Return the members of a key begun now, by validator address; none if too few seats can serve."""
    present = faults.present(ctx.view, _seats(ctx), ctx.height)
    size = max((n for n in COMMITTEE_SIZES if n <= len(present)), default=0)
    return present[:size] if size >= ctx.params.min_committee else []


def note(ctx: Context) -> str:
    """Say why no key is ready: what is being made, or why nothing can be."""
    if records.pool(ctx.view):
        return "the committee is making keys; ask again in some blocks"
    if choose_members(ctx):
        return "the committee begins another key with the next block; ask again in some blocks"
    seats = _seats(ctx)
    present = faults.present(ctx.view, seats, ctx.height)
    counts = f"{len(present)} of {len(seats)} seats can serve, a key takes {ctx.params.min_committee}"
    absent = [faults.suspension(ctx.view, seat.validator, ctx.height) for seat in seats]
    told = "; ".join(_reason(item) for item in absent if item is not None)
    return f"no key can be made: {counts}; suspended: {told or 'none'}"


def _reason(item: Suspension) -> str:
    until = f"until height {item.until}" if item.until else "for good"
    return f"{item.validator.hex()} {until} ({faults.word(item.kind)}, key {item.key_id})"


def _seats(ctx: Context) -> list[CommitteeSeat]:
    committee = ctx.view.load(Committee, keys.COMMITTEE)
    return list(committee.seats) if committee is not None else []
