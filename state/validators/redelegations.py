"""Stake that has moved between validators and still answers for the first: its entries, listed both ways."""

from __future__ import annotations

from collections.abc import Iterator

from assay.proto.staking_pb2 import RedelegationEntry
from assay.state import schedule
from assay.state.overlay import Overlay
from assay.state.rules import keys


def load(view: Overlay, entry_id: int) -> RedelegationEntry | None:
    """Return an entry, or None."""
    return view.load(RedelegationEntry, keys.redelegation(entry_id))


def save(view: Overlay, entry: RedelegationEntry) -> None:
    """Write an entry that is listed and scheduled already."""
    view.save(keys.redelegation(entry.id), entry)


def add(view: Overlay, entry: RedelegationEntry) -> None:
    """Write a new entry, list it and schedule it."""
    save(view, entry)
    view.mark(keys.redelegation_by(entry.delegator, entry.target, entry.source, entry.id))
    view.mark(keys.redelegation_from(entry.source, entry.id))
    schedule.put(view, entry.completes, keys.DEADLINE_REDELEGATION, entry.id)


def remove(view: Overlay, entry: RedelegationEntry) -> None:
    """Forget an entry wherever it stands."""
    view.delete(keys.redelegation(entry.id))
    view.delete(keys.redelegation_by(entry.delegator, entry.target, entry.source, entry.id))
    view.delete(keys.redelegation_from(entry.source, entry.id))
    schedule.remove(view, entry.completes, keys.DEADLINE_REDELEGATION, entry.id)


def by_delegator(view: Overlay, delegator: bytes, target: bytes = b"") -> Iterator[RedelegationEntry]:
    """Yield what an account has moved, to one validator or, by validator, to all."""
    return _listed(view, keys.redelegations_by(delegator, target))


def between(view: Overlay, delegator: bytes, target: bytes, source: bytes) -> Iterator[RedelegationEntry]:
    """Yield what an account has moved from one validator to another, oldest first."""
    return _listed(view, keys.redelegations_by(delegator, target) + source)


def from_validator(view: Overlay, source: bytes, first: int = 0) -> Iterator[RedelegationEntry]:
    """Yield what has left a validator for others, oldest first, from an id on."""
    return _listed(view, keys.redelegation_from(source), keys.redelegation_from(source, first))


def _listed(view: Overlay, prefix: bytes, start: bytes = b"") -> Iterator[RedelegationEntry]:
    for key, _ in view.iterate(prefix, start):
        yield view.require(RedelegationEntry, keys.redelegation(keys.parse_entry(key)))
