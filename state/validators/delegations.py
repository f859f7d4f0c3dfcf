"""A delegation's record, listed by delegator and by validator."""

from __future__ import annotations

from collections.abc import Iterator

from assay.proto.staking_pb2 import Delegation
from assay.state.overlay import Overlay
from assay.state.rules import keys


def load(view: Overlay, delegator: bytes, operator: bytes) -> Delegation | None:
    """Return what an account has delegated to a validator, or None."""
    return view.load(Delegation, keys.delegation(delegator, operator))


def save(view: Overlay, record: Delegation) -> None:
    """Write a delegation; one without shares is forgotten."""
    place = keys.delegation(record.delegator, record.validator)
    listing = keys.delegators(record.validator, record.delegator)
    if record.shares:
        view.save(place, record)
        view.mark(listing)
    else:
        view.delete(place)
        view.delete(listing)


def by_delegator(view: Overlay, delegator: bytes) -> Iterator[Delegation]:
    """Yield what an account has delegated, by validator."""
    for _, data in view.iterate(keys.delegations(delegator)):
        yield Delegation.FromString(data)


def to_validator(view: Overlay, operator: bytes) -> Iterator[Delegation]:
    """Yield the delegations to a validator, by delegator."""
    for key, _ in view.iterate(keys.delegators(operator)):
        yield view.require(Delegation, keys.delegation(key[1 + keys.ADDRESS_BYTES :], operator))
