"""Every way to spoil a ceremony: who did it is named, whatever the order of messages, and replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.state.chain import Chain
from tests.state.committee import RealCommittee, Twist

from assay.crypto.committee import messages
from assay.crypto.committee.messages import box_offset, check_bytes
from assay.crypto.committee.subsets import dealer, dealt, held
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Key
from assay.state import faults, openings
from assay.state.ceremony import pool
from assay.state.ceremony.slots import Awaited
from assay.state.rules import errors, keys, outcomes

JOIN, SEEDS, CHECK = tx_pb2.COMMITTEE_PHASE_JOIN, tx_pb2.COMMITTEE_PHASE_SEEDS, tx_pb2.COMMITTEE_PHASE_CHECK
ANSWER, OPEN = tx_pb2.COMMITTEE_PHASE_ANSWER, tx_pb2.COMMITTEE_PHASE_OPEN
PUBLIC, RELIN = tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY, tx_pb2.COMMITTEE_PHASE_RELIN_KEY
SQUARES = (0, 4)  # the slots of the relinearisation key that hold s^2

Change = Callable[[bytes], bytes | None]
Act = tuple[int, int, int, Change]
"""What a seat does to its message of one phase and slot."""
Named = set[tuple[int, str]]


# --- what a cheater does -----------------------------------------------------------------------


def flip(place: int) -> Change:
    return lambda data: data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]


def nothing(_: bytes) -> None:
    """Be silent."""


def complain(n: int, member: int, seeds: Iterable[int]) -> Act:
    return member, CHECK, 0, lambda _: check_bytes(n, member, set(seeds))


def add(constant: int, prime: int) -> Change:
    """Add a constant to every residue: shares on another polynomial of the same degree."""
    return lambda data: messages.residue_bytes(
        (messages.parse_residues(SMALL, prime, data) + constant) % SMALL.primes[prime]
    )


def twisted(*acts: Act) -> Twist:
    """Cheat with the first key, and be honest with all others."""
    table = {(seat, phase, slot): change for seat, phase, slot, change in acts}

    def twist(key: Key, seat: int, item: Awaited, data: bytes) -> bytes | None:
        change = table.get((seat, item.phase, item.slot)) if key.id == 1 else None
        return data if change is None else change(data)

    return twist


@dataclass(frozen=True)
class Case:
    """Acts in a committee of n, who is to be named for what, and why the key fails."""

    acts: Callable[[int], list[Act]]
    named: Callable[[int], Named]
    failure: str


def bad_box(n: int) -> list[Act]:
    """Member 0 seals something else to the last member."""
    seed = next(seed for seed in dealt(n, 0) if seed in held(n, n - 1))
    return [(0, SEEDS, 0, flip(box_offset(n, seed, n - 1) + 50))]


def threshold(n: int) -> int:
    return (n - 1) // 3


def last(n: int, count: int) -> range:
    """The last members; they deal nothing."""
    return range(n - count, n)


CASES = {
    "a seed sealed to one holder is another": Case(
        bad_box, lambda _: {(0, "bad_seeds")}, outcomes.KEY_COMPLAINTS
    ),
    "a seed sealed to its dealer itself is another": Case(
        lambda n: [(0, SEEDS, 0, flip(box_offset(n, dealt(n, 0)[0], 0) + 50))],
        lambda _: {(0, "bad_seeds")},
        outcomes.KEY_COMPLAINTS,
    ),
    "a seed is not the one whose hash was posted": Case(
        lambda _: [(1, JOIN, 0, flip(64))], lambda _: {(1, "bad_seeds")}, outcomes.KEY_COMPLAINTS
    ),
    "a false complaint": Case(
        lambda n: [complain(n, n - 1, held(n, n - 1)[:1])],
        lambda n: {(n - 1, "false_complaint")},
        outcomes.KEY_COMPLAINTS,
    ),
    "false complaints by t of everything": Case(
        lambda n: [complain(n, member, held(n, member)) for member in last(n, threshold(n))],
        lambda n: {(member, "false_complaint") for member in last(n, threshold(n))},
        outcomes.KEY_COMPLAINTS,
    ),
    "false complaints by t of one seed": Case(
        lambda n: [complain(n, member, [0]) for member in last(n, threshold(n))],
        lambda n: {(member, "false_complaint") for member in last(n, threshold(n))},
        outcomes.KEY_COMPLAINTS,
    ),
    "a false complaint besides a true one": Case(
        lambda n: [
            *bad_box(n),
            complain(n, n - 2, [seed for seed in held(n, n - 2) if dealer(n, seed) == 1]),
        ],
        lambda n: {(0, "bad_seeds"), (n - 2, "false_complaint")},
        outcomes.KEY_COMPLAINTS,
    ),
    "a dealer that does not answer a true complaint": Case(
        lambda n: [*bad_box(n), (0, ANSWER, 0, nothing)],
        lambda _: {(0, "silent_ceremony")},
        outcomes.KEY_COMPLAINTS,
    ),
    "a dealer that answers a false complaint with another seed": Case(
        lambda n: [
            complain(n, n - 1, held(n, n - 1)[:1]),
            *((member, ANSWER, 0, flip(5)) for member in range(n)),
        ],
        lambda n: {(dealer(n, held(n, n - 1)[0]), "bad_seeds")},
        outcomes.KEY_COMPLAINTS,
    ),
    "a complaint while another is silent": Case(
        lambda n: [*bad_box(n), (n - 2, CHECK, 0, nothing)],
        lambda n: {(0, "bad_seeds"), (n - 2, "silent_ceremony")},
        outcomes.KEY_COMPLAINTS,
    ),
    "t wrong shares of the public key": Case(
        lambda n: [(member, PUBLIC, member % 2, flip(8)) for member in last(n, threshold(n))],
        lambda n: {(member, "wrong_key_share") for member in last(n, threshold(n))},
        outcomes.KEY_MEMBERS,
    ),
    "more wrong shares of the public key than can be corrected": Case(
        lambda n: [(member, PUBLIC, 1, flip(8 + 8 * member)) for member in last(n, threshold(n) + 1)],
        lambda n: {(member, "wrong_key_share") for member in last(n, threshold(n) + 1)},
        outcomes.KEY_PUBLIC_SHARES,
    ),
    "more than t wrong shares, no more than t a slot": Case(
        lambda n: [
            *((member, PUBLIC, 0, flip(8)) for member in last(n, threshold(n))),
            (0, PUBLIC, 1, flip(8)),
        ],
        lambda n: {(member, "wrong_key_share") for member in (0, *last(n, threshold(n)))},
        outcomes.KEY_MEMBERS,
    ),
    "t wrong shares of the relinearisation key besides the square": Case(
        lambda n: [(member, RELIN, 1, flip(16)) for member in last(n, threshold(n))],
        lambda n: {(member, "wrong_key_share") for member in last(n, threshold(n))},
        outcomes.KEY_MEMBERS,
    ),
    "a wrong share of one square": Case(
        lambda _: [(1, RELIN, SQUARES[1], flip(0))],
        lambda _: {(1, "wrong_key_share")},
        outcomes.KEY_RELIN_SHARES,
    ),
    "t wrong shares of both squares": Case(
        lambda n: [(member, RELIN, slot, flip(24)) for member in last(n, threshold(n)) for slot in SQUARES],
        lambda n: {(member, "wrong_key_share") for member in last(n, threshold(n))},
        outcomes.KEY_RELIN_SHARES,
    ),
    "a cheater that opens no seeds either": Case(
        lambda _: [(2, RELIN, 0, flip(0)), (2, OPEN, 0, nothing)],
        lambda _: {(2, "wrong_key_share")},
        outcomes.KEY_RELIN_SHARES,
    ),
    "too few open their seeds": Case(
        lambda n: [
            (2, RELIN, 0, flip(0)),
            *((member, OPEN, 0, nothing) for member in range(threshold(n), n)),
        ],
        lambda n: {(member, "silent_ceremony") for member in range(threshold(n), n)},
        outcomes.KEY_RELIN_SHARES,
    ),
    "everybody sends shares of another public key": Case(
        lambda n: [(member, PUBLIC, 0, add(12345, 0)) for member in range(n)],
        lambda n: {(member, "wrong_key_share") for member in range(n)},
        outcomes.KEY_SELF_TEST,
    ),
}


def slug(name: str) -> str:
    """The name in one word, as mutation patches name tests."""
    return name.replace(" ", "-")


# --- ceremonies --------------------------------------------------------------------------------


def held_by(n: int, directory: Path, case: Case, random: Random | None = None) -> RealCommittee:
    """Hold the ceremony of the first key to its end, in the order of members or any other."""
    window = 60 if random else 12
    chain = Chain(seats=n + 1, min_committee=n, ceremony_window=window)
    committee = RealCommittee(chain, directory)
    committee.twist = twisted(*case.acts(n))
    for _ in range(8 * window):
        if chain.height > 1 and status(committee) == pb.KEY_STATUS_FAILED:
            return committee
        block(committee, random)
    raise AssertionError(f"the key has not ended: {first_key(committee)}")


def block(committee: RealCommittee, random: Random | None) -> None:
    """One block, with some of the messages in any order; of all of them if it is not random."""
    committee.complete_jobs()
    for validator, extension in committee.extensions():
        openings.record_extension(committee.chain.ctx, validator, extension)
    found = committee.messages()
    if random:
        random.shuffle(found)
        del found[random.randint(1, len(found) or 1) :]
    for message in found:
        try:
            committee.send(message)
        except errors.NotAwaited:  # t + 1 have opened their seeds: the others' are not needed
            assert message.body.phase == OPEN
    committee.chain.end_block()


def first_key(committee: RealCommittee) -> Key:
    return committee.chain.view.require(Key, keys.committee_key(1))


def status(committee: RealCommittee) -> int:
    return first_key(committee).status


def named(committee: RealCommittee) -> Named:
    chain, found = committee.chain, list(faults.listed(committee.chain.view))
    return {(chain.number(fault.validator), faults.word(fault.kind)) for fault in found if fault.key_id == 1}


def check(committee: RealCommittee, n: int, case: Case) -> None:
    """Check who is named, what became of the key, and who makes the next."""
    chain, expected = committee.chain, case.named(n)
    assert named(committee) == expected
    assert first_key(committee).failure == case.failure
    assert status(committee) == pb.KEY_STATUS_FAILED
    left = [seat for seat in range(n + 1) if seat not in {seat for seat, _ in expected}]
    following = [chain.number(seat.validator) for seat in pool.choose_members(chain.ctx)]
    assert following == (left[:n] if len(left) >= n else [])
    assert not [scope for scope, _ in chain.memory.bulk if scope == keys.key_scope(1)]
    begun = chain.view.load(Key, keys.committee_key(2))
    members = [chain.number(member.seat.validator) for member in begun.members] if begun else []
    assert members == following


@pytest.mark.parametrize("n", [4, 7])
@pytest.mark.parametrize("name", CASES, ids=slug)
def test_whoever_spoils_a_ceremony_is_named_and_replaced(name: str, n: int, tmp_path: Path) -> None:
    check(held_by(n, tmp_path, CASES[name]), n, CASES[name])


@pytest.mark.parametrize(
    "name", ["a seed sealed to one holder is another", "t wrong shares of both squares"], ids=slug
)
def test_it_is_the_same_with_ten(name: str, tmp_path: Path) -> None:
    check(held_by(10, tmp_path, CASES[name]), 10, CASES[name])


@pytest.mark.parametrize("name", CASES, ids=slug)
@settings(max_examples=6, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_the_order_of_messages_changes_nothing(name: str, random: Random) -> None:
    with TemporaryDirectory() as directory:
        check(held_by(4, Path(directory), CASES[name], random), 4, CASES[name])


@settings(max_examples=10, deadline=None)
@given(name=st.sampled_from(sorted(CASES)), random=st.randoms(use_true_random=False))
def test_the_order_of_messages_changes_nothing_with_seven(name: str, random: Random) -> None:
    with TemporaryDirectory() as directory:
        check(held_by(7, Path(directory), CASES[name], random), 7, CASES[name])


def test_a_committee_of_one_finds_itself_out(tmp_path: Path) -> None:
    case = CASES["everybody sends shares of another public key"]
    check(held_by(1, tmp_path, case), 1, case)
    accuser = Case(
        lambda _: [complain(1, 0, [0])], lambda _: {(0, "false_complaint")}, outcomes.KEY_COMPLAINTS
    )
    check(held_by(1, tmp_path / "again", accuser), 1, accuser)


def test_one_key_is_judged_a_block(tmp_path: Path) -> None:
    chain = Chain(seats=4, min_committee=4, key_pool=3)
    committee = RealCommittee(chain, tmp_path)
    committee.twist = lambda _, seat, item, data: (
        flip(0)(data) if (seat, item.phase, item.slot) == (1, RELIN, 0) else data
    )
    statuses = []
    for _ in range(9):
        block(committee, None)
        statuses.append([Key.FromString(data).status for _, data in chain.view.iterate(keys.KEY)])
    opening, judging, failed = pb.KEY_STATUS_OPENING, pb.KEY_STATUS_JUDGING, pb.KEY_STATUS_FAILED
    assert statuses[-4:] == [
        [opening] * 3,
        [failed, judging, judging],
        [failed, failed, judging],
        [failed] * 3,
    ]
    told = [(fault.key_id, fault.member, faults.word(fault.kind)) for fault in faults.listed(chain.view)]
    assert told == [(key_id, 1, "wrong_key_share") for key_id in (1, 2, 3)]
