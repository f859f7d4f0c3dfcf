"""Numbers given out once: ids of rounds, keys and openings."""

from __future__ import annotations

from assay.proto.state_pb2 import Counters
from assay.state.overlay import Overlay
from assay.state.rules import keys


def first() -> Counters:
    """Return the counters of a new chain."""
    return Counters(next_key=1, next_round=1, next_opening=1, next_job=1, next_unbonding=1, next_slash=1)


def load(view: Overlay) -> Counters:
    """Return the counters; ids begin at 1, so that 0 can mean none."""
    return view.load(Counters, keys.COUNTERS) or first()


def take_round(view: Overlay) -> int:
    """Return a new round id."""
    counters = load(view)
    taken = counters.next_round
    counters.next_round += 1
    view.save(keys.COUNTERS, counters)
    return taken


def take_key(view: Overlay) -> int:
    """Return a new committee key id."""
    counters = load(view)
    taken = counters.next_key
    counters.next_key += 1
    view.save(keys.COUNTERS, counters)
    return taken


def take_openings(view: Overlay, count: int) -> int:
    """Return the first of `count` new, consecutive opening ids."""
    counters = load(view)
    taken = counters.next_opening
    counters.next_opening += count
    view.save(keys.COUNTERS, counters)
    return taken


def take_unbonding(view: Overlay) -> int:
    """Return a new id of an unbonding or redelegation entry."""
    counters = load(view)
    taken = counters.next_unbonding
    counters.next_unbonding += 1
    view.save(keys.COUNTERS, counters)
    return taken


def take_slash(view: Overlay) -> int:
    """Return a new id of a slash."""
    counters = load(view)
    taken = counters.next_slash
    counters.next_slash += 1
    view.save(keys.COUNTERS, counters)
    return taken


def set_next_job(view: Overlay, opening: int) -> None:
    """Move the head of the scoring queue."""
    counters = load(view)
    counters.next_job = opening
    view.save(keys.COUNTERS, counters)
