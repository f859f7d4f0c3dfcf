"""From a duty to the data of its messages: one member's computations, in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from assay.crypto.committee.member import Member
from assay.crypto.errors import CryptoError
from assay.node.committee.duties import Duty
from assay.node.committee.members import Members
from assay.proto import tx_pb2
from assay.proto.tx_pb2 import CommitteePhase


class BadDealing(CryptoError):
    """The seeds dealt to this member are not what their dealers promised; the ceremony cannot succeed."""


class OtherSecrets(CryptoError):
    """The chain knows this member by a JOIN that was made from other secrets than those on disk."""


def answer(duty: Duty, members: Members) -> dict[int, bytes]:
    """Return the data of the messages a duty asks for, by slot.

    The same duty gives the same bytes, also after a restart: everything follows from secrets that are on disk
    before this returns.

    Raises
    ------
    CommitteeFileError
        If this node has not the secrets.
    OtherSecrets
        If they are not those it joined with.
    BadDealing
        If other members dealt falsely.
    """
    joining = duty.phase == tx_pb2.COMMITTEE_PHASE_JOIN
    member = (members.create if joining else members.get)(duty.key, duty.member)
    if not joining:
        _check_join(duty, member)
    return dict(zip(duty.slots, _ANSWERS[duty.phase](duty, member), strict=True))


def _join(duty: Duty, member: Member) -> Iterator[bytes]:
    for _ in duty.slots:
        yield member.join_data()


def _seeds(duty: Duty, member: Member) -> Iterator[bytes]:
    for _ in duty.slots:
        yield member.seeds_data(duty.joins)


def _check(duty: Duty, member: Member) -> Iterator[bytes]:
    for _ in duty.slots:
        yield member.check_data(duty.joins, duty.dealt or {})


def _answer(duty: Duty, member: Member) -> Iterator[bytes]:
    for _ in duty.slots:
        yield member.answer_data(duty.accused)


def _open(duty: Duty, member: Member) -> Iterator[bytes]:
    for _ in duty.slots:
        yield member.open_data()


def _public_key(duty: Duty, member: Member) -> Iterator[bytes]:
    # Every time, not only the first: a file may be left from another life of a chain of this name.
    complaints = member.accept_seeds(duty.joins, duty.dealt or {})
    if complaints:
        dealers = sorted({complaint.dealer for complaint in complaints})
        raise BadDealing(
            f"members {dealers} of key {duty.key.key_id} dealt other seeds than they promised; this node "
            "sends no shares, and the ceremony will begin again"
        )
    for slot in duty.slots:
        yield member.public_key_share(slot)


def _check_join(duty: Duty, member: Member) -> None:
    if member.join_data() != duty.joins[duty.member].to_bytes():
        raise OtherSecrets(
            f"the committee file of key {duty.key.key_id} is not the one this node joined with; it sends "
            "nothing for this key, and the ceremony will begin again"
        )


def _relin_key(duty: Duty, member: Member) -> Iterator[bytes]:
    primes = len(duty.key.preset.primes)
    for slot in duty.slots:
        yield member.relin_share(*divmod(slot, primes))


def _release(duty: Duty, member: Member) -> Iterator[bytes]:
    if duty.total is None:
        raise ValueError("a release needs the ciphertexts of the sum")
    for slot in duty.slots:
        c0, c1 = duty.total[slot]
        yield member.release_share(slot, c0, c1, duty.owner)


_ANSWERS: Final[Mapping[CommitteePhase, Callable[[Duty, Member], Iterator[bytes]]]] = {
    tx_pb2.COMMITTEE_PHASE_JOIN: _join,
    tx_pb2.COMMITTEE_PHASE_SEEDS: _seeds,
    tx_pb2.COMMITTEE_PHASE_CHECK: _check,
    tx_pb2.COMMITTEE_PHASE_ANSWER: _answer,
    tx_pb2.COMMITTEE_PHASE_OPEN: _open,
    tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY: _public_key,
    tx_pb2.COMMITTEE_PHASE_RELIN_KEY: _relin_key,
    tx_pb2.COMMITTEE_PHASE_RELEASE: _release,
}
