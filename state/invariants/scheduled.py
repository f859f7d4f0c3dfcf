"""The schedule: whatever has a deadline stands in it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from assay.proto.staking_pb2 import RedelegationEntry, UnbondingEntry
from assay.proto.state_pb2 import Key, Round
from assay.state.invariants.base import InvariantBroken
from assay.state.overlay import Overlay
from assay.state.rules import keys


def check_schedule(view: Overlay) -> None:
    """The schedule holds the deadlines of keys, rounds, unbondings and redelegations, and nothing else."""
    scheduled = {keys.parse_deadline(key) for key, _ in view.iterate(keys.DEADLINE)}
    expected = set(_expected(view))
    if scheduled != expected:
        raise InvariantBroken(f"scheduled and due differ in {sorted(scheduled ^ expected)}")


def _expected(view: Overlay) -> Iterator[tuple[int, bytes, int]]:
    for _, data in view.iterate(keys.KEY):
        key = Key.FromString(data)
        if key.deadline:
            yield key.deadline, keys.DEADLINE_KEY, key.id
    for _, data in view.iterate(keys.ROUND):
        record = Round.FromString(data)
        if record.deadline:
            yield record.deadline, keys.DEADLINE_ROUND, record.id
    for _, data in view.iterate(keys.UNBONDING):
        unbonding = UnbondingEntry.FromString(data)
        yield unbonding.completes, keys.DEADLINE_UNBONDING, unbonding.id
    for _, data in view.iterate(keys.REDELEGATION):
        redelegation = RedelegationEntry.FromString(data)
        yield redelegation.completes, keys.DEADLINE_REDELEGATION, redelegation.id
