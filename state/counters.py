"""Numbers given out once: ids of rounds, keys, openings, entries and slashes."""

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


def _take(view: Overlay, name: str, count: int = 1) -> int:
    counters = load(view)
    taken: int = getattr(counters, name)
    setattr(counters, name, taken + count)
    view.save(keys.COUNTERS, counters)
    return taken


def take_round(view: Overlay) -> int:
    """Return a new round id."""
    return _take(view, "next_round")


def take_key(view: Overlay) -> int:
    """Return a new committee key id."""
    return _take(view, "next_key")


def take_openings(view: Overlay, count: int) -> int:
    """Return the first of `count` new, consecutive opening ids."""
    return _take(view, "next_opening", count)


def take_unbonding(view: Overlay) -> int:
    """Return a new id of an unbonding or redelegation entry."""
    return _take(view, "next_unbonding")


def take_slash(view: Overlay) -> int:
    """Return a new id of a slash."""
    return _take(view, "next_slash")


def set_next_job(view: Overlay, opening: int) -> None:
    """Move the head of the scoring queue."""
    counters = load(view)
    counters.next_job = opening
    view.save(keys.COUNTERS, counters)
