"""A key's ceremony, from the first message to readiness or failure."""

from __future__ import annotations

from assay.proto import state_pb2 as pb
from tests.state.committee import RealCommittee


def test_a_committee_makes_a_key_that_passes_its_self_test(committee: RealCommittee) -> None:
    key = committee.make_key()
    assert len(key.members) == len(committee.chain.seats)
    assert key.status == pb.KEY_STATUS_READY
