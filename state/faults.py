"""What members of a committee did wrong, and which seats new keys leave out for it.

A fault is recorded once for each validator, key and kind. A member that was
silent is left out for `absence_window` blocks and comes back by itself. What
is proven by what a member sent leaves it out for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import CommitteeSeat, Fault, FaultKind, Key, Suspension
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys

SILENCE: Final = frozenset({pb.FAULT_KIND_SILENT_CEREMONY, pb.FAULT_KIND_SILENT_RELEASE})
"""Faults of omission: nothing proves that they were meant."""


def name_fault(ctx: Context, key: Key, member: int, kind: FaultKind) -> None:
    """Record that a member of a key did wrong, tell the world, and suspend its seat.

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
    return found if found is not None and (not found.until or height < found.until) else None


def present(view: Overlay, seats: list[CommitteeSeat], height: int) -> list[CommitteeSeat]:
    """Return the seats, in their order, that are not suspended at a height."""
    return [seat for seat in seats if suspension(view, seat.validator, height) is None]


def listed(view: Overlay, validator: bytes = b"") -> Iterator[Fault]:
    """Yield the faults of one validator, or of all."""
    for _, data in view.iterate(keys.faults(validator)):
        yield Fault.FromString(data)


def _suspend(ctx: Context, fault: Fault) -> None:
    """Leave a seat out from now on; a suspension that lasts longer stays as it is."""
    until = ctx.height + ctx.params.absence_window if fault.kind in SILENCE else 0
    before = ctx.view.load(Suspension, keys.suspension(fault.validator))
    if before is not None and (not before.until or (until and until <= before.until)):
        return
    record = Suspension(
        validator=fault.validator, since=ctx.height, until=until, kind=fault.kind, key_id=fault.key_id
    )
    ctx.view.save(keys.suspension(fault.validator), record)
