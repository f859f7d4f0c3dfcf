"""Real committees and a real scoring worker for a chain in tests: everything but the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from tests.state.chain import Chain
from tests.state.conftest import CHAIN_ID

from assay.crypto.accounts import sign_committee_tx
from assay.crypto.ckks import payload
from assay.crypto.committee.member import Member
from assay.crypto.committee.score import MaskKind
from assay.crypto.committee.secrets import CommitteeFiles
from assay.crypto.presets import SMALL
from assay.crypto.ring.tables import U64
from assay.crypto.scoring_job import Job, LengthJob, ProductJob, ScoringWorker
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Key, Round, SlotRecord
from assay.proto.tx_pb2 import CommitteeBody, ShareRun, VoteExtension
from assay.state import ceremony, openings
from assay.state.ceremony import records
from assay.state.ceremony.records import name
from assay.state.ceremony.slots import Awaited
from assay.state.envelope import CommitteeMessage, decode
from assay.state.handlers import committee
from assay.state.openings import AwaitedShare, ScoringJob
from assay.state.overlay import Overlay
from assay.state.rules import keys

Extension = tuple[bytes, VoteExtension]
Twist = Callable[[Key, int, Awaited, bytes], bytes | None]


def crypto_job(job: ScoringJob) -> Job:
    """The worker's form of a job."""
    if job.other is None:
        return LengthJob(job.payload[1], job.ciphertexts, job.coin, job.contributor, job.check)
    return ProductJob(job.relin_key[1], job.payload[1], (job.other[1],), job.ciphertexts)


def _honest(_: Key, __: int, ___: Awaited, data: bytes) -> bytes:
    return data


class RealCommittee:
    """Runs the members of every key, block by block.

    Attributes
    ----------
    silent
        Seats that do nothing.
    liars
        Seats that send wrong score shares.
    twist
        What becomes of each committee message: given key, seat, what is awaited, and what an honest member
        sends, the data that are sent instead, or None for silence.
    """

    def __init__(self, chain: Chain, directory: Path) -> None:
        self.chain = chain
        self.files = [CommitteeFiles(directory / str(number)) for number in range(len(chain.seats))]
        self.worker = ScoringWorker(SMALL)
        chain.computes = False
        self.silent: set[int] = set()
        self.liars: set[int] = set()
        self.twist: Twist = _honest
        self._members: dict[tuple[int, int], Member] = {}
        self._c1: dict[bytes, U64] = {}

    # -- blocks -----------------------------------------------------------------------------

    def block(self, *, extensions: bool = True) -> None:
        """One block: products due, the members' extensions and messages, what the test did, deadlines."""
        self.complete_jobs()
        if extensions:
            for validator, extension in self.extensions():
                openings.record_extension(self.chain.ctx, validator, extension)
        for message in self.messages():
            self.send(message)
        self.chain.end_block()

    def make_key(self, limit: int = 12) -> Key:
        """Execute blocks until a key is ready; return it."""
        for _ in range(limit):
            for _, data in self.committed().iterate(keys.KEY):
                key = Key.FromString(data)
                if key.status == pb.KEY_STATUS_READY:
                    return key
            self.block()
        raise AssertionError(f"no key was ready after {limit} blocks")

    def committed(self) -> Overlay:
        return Overlay(self.chain.memory)

    def complete_jobs(self) -> None:
        """Compute what was due after the last block."""
        for opening, (constant, digest) in self.products().items():
            openings.complete_job(self.chain.ctx, opening, constant, digest)

    def products(self) -> dict[int, tuple[int, bytes]]:
        """What a node hands to the block: the ciphertexts due after the last one."""
        found = {}
        for job in openings.due_jobs(self.committed(), self.chain.params):
            scopes = {
                digest: scope for scope, digest in (job.payload, job.other or job.payload, job.relin_key)
            }
            result = self.worker.run(crypto_job(job), partial(self._fetch_from, scopes))
            self._c1[result.digest] = np.frombuffer(result.c1, dtype="<u8").astype(np.uint64).reshape(2, -1)
            found[job.opening] = (result.constant, result.digest)
        return found

    def _fetch_from(self, scopes: dict[bytes, bytes], digest: bytes) -> bytes:
        return self._fetch(scopes[digest], digest)

    def _fetch(self, scope: bytes, digest: bytes) -> bytes:
        data = self.chain.memory.get_bulk(scope, digest)
        assert data is not None, "a due job names bytes that are not kept"
        return data

    def extensions(self) -> list[Extension]:
        """What the validators sign, from the last committed state."""
        found = []
        for number, seat in enumerate(self.chain.seats):
            wanted = [] if number in self.silent else list(openings.awaited(self.committed(), seat.validator))
            runs = [ShareRun(first=item.opening, shares=self.share(item)) for item in wanted[:248]]
            if runs:
                found.append((seat.validator, VoteExtension(version=1, runs=runs)))
        return found

    def share(self, item: AwaitedShare) -> bytes:
        member = self.member(self.committed().require(Key, keys.committee_key(item.key_id)), item.member)
        if self.seat_of(member.key.key_id, item.member) in self.liars:
            return (7 + item.member).to_bytes(16, "little")
        if item.kind == pb.OPENING_KIND_COIN:
            return member.coin_share(item.opening)
        kind = MaskKind.LENGTH if item.kind == pb.OPENING_KIND_LENGTH else MaskKind.SCORE
        return member.score_share(self._c1[item.c1], kind, self_test=item.kind == pb.OPENING_KIND_SELF_TEST)

    # -- committee messages -----------------------------------------------------------------

    def messages(self) -> list[CommitteeMessage]:
        """Every message that committed state awaits from members that are not silent."""
        view = self.committed()
        found = []
        for _, data in view.iterate(keys.KEY):
            key = Key.FromString(data)
            for member in range(len(key.members)):
                found += self._messages_of(view, key, member)
        return found

    def _messages_of(self, view: Overlay, key: Key, member: int) -> Iterator[CommitteeMessage]:
        seat = self.seat_of(key.id, member)
        for item in [] if seat in self.silent else ceremony.awaited(view, key, member):
            data = self.twist(key, seat, item, self.data(view, key, member, item))
            if data is not None:
                yield self.sign(key, member, item, data)

    def seat_of(self, key_id: int, member: int) -> int:
        """The number of the seat that is a member of a key."""
        validator = self.committed().require(Key, keys.committee_key(key_id)).members[member].seat.validator
        return [seat.validator for seat in self.chain.seats].index(validator)

    def sign(self, key: Key, member: int, item: Awaited, data: bytes) -> CommitteeMessage:
        body = CommitteeBody(
            version=1, key_id=key.id, phase=item.phase, member=member, slot=item.slot, data=data
        )
        secret = self.chain.committee_keys[self.seat_of(key.id, member)]
        raw = sign_committee_tx(secret, CHAIN_ID, body.SerializeToString())
        message = decode(raw, CHAIN_ID, 1 << 20)
        assert isinstance(message, CommitteeMessage)
        return message

    def send(self, message: CommitteeMessage) -> None:
        """Execute a committee message; when it is refused nothing of it is left."""
        block_view = self.chain.ctx.view
        self.chain.ctx.view = Overlay(block_view)
        try:
            committee.execute(self.chain.ctx, message)
            self.chain.ctx.view.flush_into(block_view)
        finally:
            self.chain.ctx.view = block_view

    def member(self, key: Key, number: int) -> Member:
        if (key.id, number) not in self._members:
            files = self.files[self.seat_of(key.id, number)]
            member = Member.create(files, name(CHAIN_ID, key), number)
            self._members[key.id, number] = member
        return self._members[key.id, number]

    def data(self, view: Overlay, key: Key, number: int, item: Awaited) -> bytes:
        """What an honest member sends."""
        member = self.member(key, number)
        if item.phase == tx_pb2.COMMITTEE_PHASE_JOIN:
            return member.join_data()
        if item.phase == tx_pb2.COMMITTEE_PHASE_SEEDS:
            return member.seeds_data(records.joins(key))
        if item.phase == tx_pb2.COMMITTEE_PHASE_CHECK:
            return member.check_data(records.joins(key), self._dealt(view, key))
        if item.phase == tx_pb2.COMMITTEE_PHASE_ANSWER:
            return member.answer_data(key.accused)
        if item.phase == tx_pb2.COMMITTEE_PHASE_OPEN:
            return member.open_data()
        if item.phase == tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY:
            return member.public_key_share(item.slot)
        if item.phase == tx_pb2.COMMITTEE_PHASE_RELIN_KEY:
            return member.relin_share(*divmod(item.slot, 3))
        return self._release(view, key, member, item.slot)

    def _dealt(self, view: Overlay, key: Key) -> dict[int, bytes]:
        found = {}
        for number in range(len(key.members)):
            slot = view.load(SlotRecord, keys.slot(key.id, tx_pb2.COMMITTEE_PHASE_SEEDS, number, 0))
            if slot is not None:
                found[number] = self._fetch(keys.key_scope(key.id), slot.digest)
        return found

    def _release(self, view: Overlay, key: Key, member: Member, slot: int) -> bytes:
        record = view.require(Round, keys.round_(key.round_id))
        data = self._fetch(keys.release_scope(record.id), record.sum)
        c0, c1 = payload.ciphertexts_of(data, SMALL, record.ciphertexts)[slot]
        return member.release_share(slot, c0, c1, record.owner_public_key)
