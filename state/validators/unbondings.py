"""Stake on its way out: its entries, listed by delegator and by validator, and when they are due."""

from __future__ import annotations

from collections.abc import Iterator

from assay.proto.staking_pb2 import UnbondingEntry
from assay.state import schedule
from assay.state.overlay import Overlay
from assay.state.rules import keys


def load(view: Overlay, entry_id: int) -> UnbondingEntry | None:
    """Return an entry, or None."""
    return view.load(UnbondingEntry, keys.unbonding(entry_id))


def save(view: Overlay, entry: UnbondingEntry) -> None:
    """Write an entry that is listed and scheduled already."""
    view.save(keys.unbonding(entry.id), entry)


def add(view: Overlay, entry: UnbondingEntry) -> None:
    """Write a new entry, list it and schedule it."""
    save(view, entry)
    view.mark(keys.unbonding_by(entry.delegator, entry.validator, entry.id))
    view.mark(keys.unbonding_from(entry.validator, entry.id))
    schedule.put(view, entry.completes, keys.DEADLINE_UNBONDING, entry.id)


def remove(view: Overlay, entry: UnbondingEntry) -> None:
    """Forget an entry wherever it stands."""
    view.delete(keys.unbonding(entry.id))
    view.delete(keys.unbonding_by(entry.delegator, entry.validator, entry.id))
    view.delete(keys.unbonding_from(entry.validator, entry.id))
    schedule.remove(view, entry.completes, keys.DEADLINE_UNBONDING, entry.id)


def by_delegator(view: Overlay, delegator: bytes, operator: bytes = b"") -> Iterator[UnbondingEntry]:
    """Yield what an account takes out, from one validator (oldest first) or, by validator, from all."""
    return _listed(view, keys.unbondings_by(delegator, operator))


def from_validator(view: Overlay, operator: bytes, first: int = 0) -> Iterator[UnbondingEntry]:
    """Yield what leaves a validator, oldest first, from an id on."""
    return _listed(view, keys.unbonding_from(operator), keys.unbonding_from(operator, first))


def _listed(view: Overlay, prefix: bytes, start: bytes = b"") -> Iterator[UnbondingEntry]:
    for key, _ in view.iterate(prefix, start):
        yield view.require(UnbondingEntry, keys.unbonding(keys.parse_entry(key)))
