"""Which messages are awaited."""

from __future__ import annotations

import pytest
from tests.state.chain import Chain

from assay.crypto.committee import messages
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Key, KeyMember, SlotRecord
from assay.state import ceremony
from assay.state.ceremony import slots
from assay.state.ceremony.slots import Awaited
from assay.state.rules import keys

JOIN, SEEDS = tx_pb2.COMMITTEE_PHASE_JOIN, tx_pb2.COMMITTEE_PHASE_SEEDS
CHUNK = messages.chunk_size(SMALL)


def key_of(members: int, status: int) -> Key:
    return Key(id=1, status=status, preset=pb.PRESET_SMALL, members=[KeyMember()] * members)  # type: ignore[arg-type]


@pytest.mark.parametrize(("members", "seeds"), [(1, (1,)), (4, (3, 1, 0, 0)), (7, (15, 5, 1, 0, 0, 0, 0))])
def test_dealers_announce_and_seal_their_seeds_and_nobody_else_does(
    members: int, seeds: tuple[int, ...]
) -> None:
    view = Chain().view
    quorum = 2 * ((members - 1) // 3) + 1
    for member, dealt in enumerate(seeds):
        joining = slots.expected(view, key_of(members, pb.KEY_STATUS_JOINING), member)
        assert joining == [Awaited(JOIN, 0, 64 + 32 * dealt)]
        seeding = slots.expected(view, key_of(members, pb.KEY_STATUS_SEEDING), member)
        assert seeding == ([Awaited(SEEDS, 0, 80 * quorum * dealt)] if dealt else [])


def test_key_shares_come_in_chunks_of_one_polynomial() -> None:
    view = Chain().view
    public = slots.expected(view, key_of(4, pb.KEY_STATUS_PUBLIC_KEY), 3)
    assert public == [Awaited(tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY, slot, CHUNK) for slot in range(2)]
    relin = slots.expected(view, key_of(4, pb.KEY_STATUS_RELIN_KEY), 3)
    assert relin == [Awaited(tx_pb2.COMMITTEE_PHASE_RELIN_KEY, slot, CHUNK) for slot in range(6)]
    assert slots.needed(view, key_of(4, pb.KEY_STATUS_RELIN_KEY)) == 24


@pytest.mark.parametrize(
    ("members", "check", "opened"), [(1, 1, 32), (4, 1, 96), (7, 2, 480), (10, 11, 2688)]
)
def test_everybody_checks_its_seeds_with_a_bit_each_and_any_t_plus_1_open_them_all(
    members: int, check: int, opened: int
) -> None:
    view, last = Chain().view, members - 1
    checking, opening = key_of(members, pb.KEY_STATUS_CHECKING), key_of(members, pb.KEY_STATUS_OPENING)
    assert slots.expected(view, checking, last) == [Awaited(tx_pb2.COMMITTEE_PHASE_CHECK, 0, check)]
    assert slots.needed(view, checking) == members
    assert slots.expected(view, opening, last) == [Awaited(tx_pb2.COMMITTEE_PHASE_OPEN, 0, opened)]
    assert slots.needed(view, opening) == (members - 1) // 3 + 1


def test_only_accused_dealers_answer_and_only_for_the_seeds_in_question() -> None:
    view, key = Chain().view, key_of(4, pb.KEY_STATUS_ANSWERING)
    key.accused.extend([0, 2, 3])  # member 0 deals the seeds 1 to 3, member 1 seed 0
    answers = [slots.expected(view, key, member) for member in range(4)]
    phase = tx_pb2.COMMITTEE_PHASE_ANSWER
    assert answers == [[Awaited(phase, 0, 64)], [Awaited(phase, 0, 32)], [], []]
    assert slots.needed(view, key) == 2


@pytest.mark.parametrize(
    "status",
    [
        pb.KEY_STATUS_SELF_TEST,
        pb.KEY_STATUS_READY,
        pb.KEY_STATUS_TAKEN,
        pb.KEY_STATUS_RETIRED,
        pb.KEY_STATUS_FAILED,
    ],
)
def test_no_slot_is_awaited_of_a_key_that_is_made_or_gone(status: int) -> None:
    assert slots.expected(Chain().view, key_of(4, status), 0) == []


def test_what_has_arrived_is_awaited_no_more() -> None:
    view, key = Chain().view, key_of(4, pb.KEY_STATUS_PUBLIC_KEY)
    phase = tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY
    assert [item.slot for item in ceremony.awaited(view, key, 2)] == [0, 1]
    view.save(keys.slot(1, phase, 2, 0), SlotRecord(height=1))
    assert [item.slot for item in ceremony.awaited(view, key, 2)] == [1]
    assert not slots.is_awaited(view, key, 2, Awaited(phase, 0, CHUNK))
    assert slots.is_awaited(view, key, 1, Awaited(phase, 0, CHUNK))
    assert not slots.is_awaited(view, key, 1, Awaited(phase, 0, CHUNK - 1))
