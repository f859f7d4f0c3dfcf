"""An owner proves a member's release share wrong: on chain, without its sum, and only if it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.state.chain import OWNER_SECRET, Chain
from tests.state.committee import RealCommittee
from tests.state.conftest import CHAIN_ID
from tests.state.live import Live, direction, unit

from assay.crypto.committee import evidence, merkle, release
from assay.crypto.committee.decoding import Decoded
from assay.crypto.committee.messages import release_size
from assay.crypto.committee.release import SignedShare
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import SlotRecord
from assay.proto.tx_pb2 import MsgAcknowledgeRelease, MsgReportRelease, ReleasePart
from assay.state import faults
from assay.state.ceremony.records import name
from assay.state.ceremony.slots import Awaited
from assay.state.rules import errors, keys

LIAR = 2
RELEASE = tx_pb2.COMMITTEE_PHASE_RELEASE


class Released:
    """A settled round of a committee of four of which one has sent another share than its own."""

    def __init__(self, directory: Path) -> None:
        self.live = Live(RealCommittee(Chain(seats=4), directory))
        reference = direction(1)
        self.round_id = self.live.whole_round(reference, [unit(reference + direction(s)) for s in (2, 3)])
        self.chain = self.live.chain
        self.key = self.chain.key_of(self.round_id)
        self.name = name(CHAIN_ID, self.key)

    def release(self, change: bytes = b"", place: int = 100) -> None:
        """Let everybody send its share, the liar one with other bytes at a place."""
        committee = self.live.committee
        committee.silent = {LIAR}
        committee.block()
        committee.silent = set()
        member = committee.member(self.key, LIAR)
        box = committee.data(committee.committed(), self.key, LIAR, Awaited(RELEASE, 0, 0))
        signing_key = self.key.members[LIAR].signing_key
        signed = release.open_share(self.name, LIAR, 0, box, OWNER_SECRET, signing_key)
        assert signed is not None
        share = signed.share[:place] + change + signed.share[place + len(change) :]
        owner = self.chain.round(self.round_id).owner_public_key
        seed = member._secrets.signing_seed
        box = release.seal_share(self.name, LIAR, 0, share, seed, owner)
        committee.send(committee.sign(self.key, LIAR, Awaited(RELEASE, 0, release_size(SMALL)), box))
        self.chain.end_block()

    def opened(self) -> tuple[dict[int, SignedShare], tuple[int, ...]]:
        """What the owner finds in its boxes, and who contradicts the others."""
        boxes = {}
        for member in range(4):
            place = keys.slot(self.key.id, RELEASE, member, 0)
            slot = SlotRecord.FromString(self.chain.memory.records[place])
            boxes[member] = self.chain.memory.bulk[keys.release_scope(self.round_id), slot.digest]
        signing = {number: member.signing_key for number, member in enumerate(self.key.members)}
        found = release.collect(self.name, 0, boxes, OWNER_SECRET, signing)
        assert isinstance(found, Decoded)
        return release.open_shares(self.name, 0, boxes, OWNER_SECRET, signing), found.wrong

    def report(self) -> MsgReportRelease:
        (found,) = evidence.contradictions(self.name, 0, *self.opened())
        parts = [
            ReleasePart(member=member, share=part.share, path=part.path, signature=part.signature)
            for member, part in found.parts.items()
        ]
        return MsgReportRelease(round_id=self.round_id, slot=0, index=found.index, parts=parts)

    def run(self, report: MsgReportRelease) -> None:
        self.chain.run("report_release", self.chain.owner, report)

    def named(self) -> list[tuple[int, int]]:
        return [(fault.member, fault.kind) for fault in faults.listed(self.chain.view)]


@pytest.fixture
def released(tmp_path: Path) -> Released:
    return Released(tmp_path)


@pytest.mark.parametrize(
    ("change", "place", "index"),
    [(b"\x01\x02\x03", 16 * 2046, 2046), (b"\xff" * 16, 0, 0), (b"\xff" * 64, 160, 10)],
    ids=["in its last number", "not reduced", "in several numbers"],
)
def test_a_wrong_share_is_proven_by_one_number_of_it_and_its_author_gets_nothing(
    released: Released, change: bytes, place: int, index: int
) -> None:
    released.release(change, place)
    report = released.report()
    assert report.index == index
    assert report.ByteSize() < 2500  # not the 32 kB of a share
    released.run(report)
    assert released.named() == [(LIAR, pb.FAULT_KIND_WRONG_RELEASE_SHARE)]
    chain = released.chain
    chain.run("acknowledge_release", chain.owner, MsgAcknowledgeRelease(round_id=released.round_id))
    chain.end_block()
    assert [chain.balance(operator) for operator in chain.operators] == [10_001, 10_000, 0, 10_000]


def test_a_right_share_cannot_be_reported(released: Released) -> None:
    released.release()
    signed, wrong = released.opened()
    assert wrong == ()
    for index in (0, 7, 2046):
        parts = []
        for member, item in signed.items():
            leaves = release.leaves(item.share)
            path = merkle.path(leaves, index)
            part = ReleasePart(member=member, share=leaves[index], path=path, signature=item.signature)
            parts.append(part)
        report = MsgReportRelease(round_id=released.round_id, index=index, parts=parts)
        with pytest.raises(errors.BadReport, match="agrees with the others"):
            released.run(report)
        for part in report.parts:  # the owner cannot make it wrong
            forged = MsgReportRelease.FromString(report.SerializeToString())
            number = bytes([part.share[0] ^ 1]) + part.share[1:]
            forged.parts[part.member].share = number
            with pytest.raises(errors.BadReport, match=f"member {part.member} has not signed"):
                released.run(forged)
    assert released.named() == []


def test_a_report_that_is_bent_anywhere_names_nobody(released: Released) -> None:
    released.release(b"\x01\x02\x03")
    good = released.report()

    def refused(sentence: str, **changes: object) -> None:
        report = MsgReportRelease.FromString(good.SerializeToString())
        for field, value in changes.items():
            if field == "part":
                for inner, bent in value.items():  # type: ignore[attr-defined]
                    setattr(report.parts[1], inner, bent)
            elif field == "parts":
                del report.parts[:]
                report.parts.extend(value)  # type: ignore[arg-type]
            else:
                setattr(report, field, value)
        with pytest.raises(errors.BadReport, match=sentence):
            released.run(report)

    first, second, third, fourth = good.parts
    flip = bytes([second.path[0] ^ 1]) + second.path[1:]
    refused("has not signed", part={"path": flip})
    refused("has not signed", part={"signature": bytes(64)})
    refused("has not signed", index=good.index + 1)
    refused("16 bytes", index=2047)
    refused("16 bytes", part={"path": second.path[32:]})
    refused("16 bytes", part={"share": second.share + b"\0"})
    refused("16 bytes", part={"signature": b""})
    refused("does not have", slot=1)
    refused("does not have", parts=[first, second, third, ReleasePart(member=4)])
    refused("ascend", parts=[first, third, second, fourth])
    refused("ascend", parts=[first, first, third, fourth])
    refused("fewer than 3 agree", parts=[first, second, third])
    refused("fewer than 3 agree", parts=[])
    refused("at most 10 parts", parts=[first] * 11)
    assert released.named() == []
    with pytest.raises(errors.NotRoundOwner):
        released.chain.run("report_release", released.chain.people[0], good)
    released.run(good)
    with pytest.raises(errors.BadReport, match="named already"):
        released.run(good)


def test_a_report_comes_while_the_release_lasts(released: Released) -> None:
    released.release(b"\x01\x02\x03")
    good, chain = released.report(), released.chain
    chain.run("acknowledge_release", chain.owner, MsgAcknowledgeRelease(round_id=released.round_id))
    with pytest.raises(errors.NothingToAcknowledge):
        released.run(good)


def test_a_report_of_one_release_says_nothing_of_another(released: Released) -> None:
    """Key, owner and ciphertext are in what a member signs."""
    released.release(b"\x01\x02\x03")
    good, chain = released.report(), released.chain
    record, key = chain.round(released.round_id), chain.key_of(released.round_id)
    for change in ("owner", "key"):
        other = pb.Round.FromString(record.SerializeToString())
        another = pb.Key.FromString(key.SerializeToString())
        other.id, other.key_id, another.id, another.round_id = 77, 78, 78, 77
        if change == "owner":
            other.owner_public_key = bytes(32)
            other.key_id = another.id = key.id
        chain.view.save(keys.round_(77), other)
        chain.view.save(keys.committee_key(another.id), another)
        report = MsgReportRelease.FromString(good.SerializeToString())
        report.round_id = 77
        with pytest.raises(errors.BadReport, match="has not signed"):
            released.run(report)
        chain.view.clear()
