"""What members of a committee did wrong, what they pay for it, and which seats new keys leave out.

A fault is recorded once for each validator, key and kind, and slashes the stake
that stood behind the seat when the key began. A member that was silent is left
out of new keys for `absence_window` blocks and comes back by itself. What is
proven by what a member sent costs more, and jails its validator for
`committee_jail` blocks at least.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.proto import state_pb2 as pb
from assay.proto.staking_pb2 import SLASH_REASON_COMMITTEE_FAULT, SLASH_REASON_COMMITTEE_SILENCE
from assay.proto.state_pb2 import Fault, FaultKind, Key, Params, Suspension
from assay.state import slashing
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.validators import records as validators
from assay.state.validators.jail import jail

SILENCE: Final = frozenset({pb.FAULT_KIND_SILENT_CEREMONY, pb.FAULT_KIND_SILENT_RELEASE})
"""Faults of omission: nothing proves that they were meant."""


def name_fault(ctx: Context, key: Key, member: int, kind: FaultKind) -> None:
    """Record that a member of a key did wrong, tell the world, suspend its seat, and take its stake.

    Naming the same validator for the same key and kind again does nothing.
    """
    validator = key.members[member].seat.validator
    place = keys.fault(validator, key.id, kind)
    if ctx.view.get(place) is not None:
        return
    fault = Fault(validator=validator, key_id=key.id, kind=kind, member=member, height=ctx.height)
    ctx.view.save(place, fault)
    ctx.emit("fault", {"validator": validator.hex(), "key": str(key.id), "kind": word(kind)}, member=member)
    _suspend(ctx, fault)
    _punish(ctx, key, fault)


def named(view: Overlay, key: Key, member: int, kind: FaultKind) -> bool:
    """Tell whether a member of a key was named for a kind of fault before."""
    return view.get(keys.fault(key.members[member].seat.validator, key.id, kind)) is not None


def is_clean(view: Overlay, key: Key, member: int) -> bool:
    """Tell whether a member of a key was not named for any fault on it."""
    place = keys.key_faults(key.members[member].seat.validator, key.id)
    return next(iter(view.iterate(place)), None) is None


def word(kind: FaultKind) -> str:
    """Return the word for a kind of fault: "silent_ceremony", "bad_seeds", ..."""
    return FaultKind.Name(kind).removeprefix("FAULT_KIND_").lower()


def suspension(view: Overlay, validator: bytes, height: int) -> Suspension | None:
    """Return why a validator's seat is left out of keys begun at a height, or None if it is not."""
    found = view.load(Suspension, keys.suspension(validator))
    return found if found is not None and height < found.until else None


def suspended(view: Overlay, height: int) -> Iterator[Suspension]:
    """Yield the suspensions that last at a height, by validator."""
    found = (Suspension.FromString(data) for _, data in view.iterate(keys.SUSPENSION))
    return (item for item in found if height < item.until)


def listed(view: Overlay, validator: bytes = b"") -> Iterator[Fault]:
    """Yield the faults of one validator, or of all."""
    for _, data in view.iterate(keys.faults(validator)):
        yield Fault.FromString(data)


def _suspend(ctx: Context, fault: Fault) -> None:
    """Leave a seat out from now on; a suspension that lasts longer stays as it is."""
    until = ctx.height + lasts(ctx.params, fault.kind)
    before = ctx.view.load(Suspension, keys.suspension(fault.validator))
    if before is not None and until <= before.until:
        return
    record = Suspension(
        validator=fault.validator, since=ctx.height, until=until, kind=fault.kind, key_id=fault.key_id
    )
    ctx.view.save(keys.suspension(fault.validator), record)


def lasts(params: Params, kind: FaultKind) -> int:
    """Return the blocks for which new keys leave out whose fault it is."""
    return params.absence_window if kind in SILENCE else params.committee_jail


def _punish(ctx: Context, key: Key, fault: Fault) -> None:
    """Slash the stake of a member's seat; jail its validator if the fault is proven.

    Stake that left in the block in which the key began was not the seat's any more. A validator that was
    created since is another one, of the same operator.
    """
    seat = key.members[fault.member].seat
    record = validators.load(ctx.view, seat.operator)
    if record is None or record.created > key.created:
        return
    since, params = key.created + 1, ctx.params
    if fault.kind in SILENCE:
        fraction, reason = params.slash_committee_silence, SLASH_REASON_COMMITTEE_SILENCE
        slashing.slash(ctx, record, since, seat.stake, fraction, reason, key.id)
    else:
        fraction, reason = params.slash_committee_fault, SLASH_REASON_COMMITTEE_FAULT
        slashing.slash(ctx, record, since, seat.stake, fraction, reason, key.id)
        jail(ctx, record, ctx.height + params.committee_jail)
