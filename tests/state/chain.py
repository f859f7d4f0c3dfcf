"""A chain without consensus, for tests of rounds and ceremonies: blocks executed by hand, state in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from tests.state.bonded import bond
from tests.state.conftest import CHAIN_ID, MemoryState, account

from assay.crypto.accounts import Account
from assay.crypto.ckks import payload
from assay.crypto.committee.sealed_box import public_key
from assay.crypto.presets import COMMITTEE_SIZES, SMALL
from assay.crypto.proof import proof_bytes
from assay.proto import model_pb2
from assay.proto import state_pb2 as pb
from assay.proto.model_pb2 import Feature, Model, Tensor
from assay.proto.staking_pb2 import ValidatorRecord
from assay.proto.state_pb2 import (
    CommitteeSeat,
    Contribution,
    Counters,
    Key,
    KeyMember,
    Opening,
    Round,
)
from assay.proto.tx_pb2 import MsgCommit, MsgOpenRound, MsgPostModel, MsgReveal
from assay.state import (
    ceremony,
    counters,
    invariants,
    ledger,
    openings,
    rounds,
    scoring_queue,
    slashing,
    staking,
)
from assay.state.ceremony import records as key_records
from assay.state.context import Context, Event
from assay.state.handlers import HANDLERS
from assay.state.overlay import Overlay
from assay.state.proofs import Proofs, taken_for_good
from assay.state.rules import keys
from assay.state.rules.commitment import commitment, payload_digest
from assay.state.rules.models import model_id
from assay.state.rules.params import default_params
from assay.state.validators import records as validators

OWNER_SECRET = bytes(range(32))
BALANCE = 100_000_000
SEAT_STAKE = 100_000_000


def _address(key: Account) -> bytes:
    return key.address


def small_model(features: int = 10) -> Model:
    """A linear regression with `features` + 1 parameters."""
    return Model(
        name="prices",
        kind=model_pb2.MODEL_KIND_LINEAR_REGRESSION,
        layout=[Tensor(name="coef", shape=[1, features]), Tensor(name="intercept", shape=[1])],
        weights=[0] * (features + 1),
        features=[Feature(name=f"x{i}", mean=0, scale=1 << 32) for i in range(features)],
        target="y",
        licence="CC0",
    )


@lru_cache(maxsize=64)
def random_payload(seed: int, count: int = 1) -> bytes:
    """A payload of the small preset in canonical form that encrypts nothing in particular, nor proves it."""
    bound = min(SMALL.cipher_primes)
    shape = (count, 2, len(SMALL.cipher_primes), SMALL.degree)
    residues = np.random.default_rng(seed).integers(1, bound, shape, dtype=np.uint64)
    return payload.encode(residues, bytes(proof_bytes(SMALL, count)), SMALL)


@dataclass
class Submission:
    """What one contributor keeps between commitment and reveal."""

    sender: Account
    round_id: int
    payload: bytes
    reserve: int = 0
    salt: bytes = bytes(32)

    @property
    def commit(self) -> MsgCommit:
        digest = payload_digest(self.payload)
        value = commitment(self.round_id, self.sender.address, self.salt, digest, self.reserve)
        return MsgCommit(round_id=self.round_id, commitment=value)

    @property
    def reveal(self) -> MsgReveal:
        return MsgReveal(round_id=self.round_id, salt=self.salt, reserve=self.reserve, payload=self.payload)


@dataclass
class Scores:
    """What a committee would open, in units of the preset; `by_sender` overrides the defaults."""

    unit: int = SMALL.unit
    length_unit: int = SMALL.length_unit
    by_sender: dict[bytes, dict[str, float]] = field(default_factory=dict)

    def __call__(self, opening: Opening) -> int | bytes:
        if opening.kind == pb.OPENING_KIND_COIN:
            return hashlib.sha256(b"coin" + opening.id.to_bytes(8, "big")).digest()
        own = self.by_sender.get(opening.sender, {})
        if opening.kind == pb.OPENING_KIND_LENGTH:
            return int(own.get("length", 1.0) * self.length_unit)
        if opening.kind == pb.OPENING_KIND_NORM:
            return int(own.get("norm", 1.0) * self.unit)
        if opening.kind == pb.OPENING_KIND_ALIGNMENT:
            return int(own.get("alignment", 0.5) * self.unit)
        return int(own.get("aggregate", 1.0) * self.unit)


class Chain:
    """State in memory and the block under execution.

    Payloads here are mostly residues drawn at random, so proofs are taken for good unless `proofs` says
    otherwise.

    Attributes
    ----------
    updates
        What the last block changed of the validator set.
    seats
        The seats validators have in keys begun at genesis, by consensus address and by stake, most first.
    computes
        Whether blocks begin with made-up ciphertexts for the jobs that were due; a real committee's are real.
    """

    proofs: Proofs = staticmethod(taken_for_good)

    def __init__(self, seats: int = 1, **params: Any) -> None:
        self.memory = MemoryState()
        self.params = default_params(development=True)
        settings = {
            "preset": pb.PRESET_SMALL,
            "key_pool": 1,
            "min_bounty": 1,
            "min_deposit": 0,
            "min_scoring_fee": 0,
            "committee_share": 0,
        }
        for name, value in {**settings, **params}.items():
            setattr(self.params, name, value)
        self.owner = account(100)
        self.people = [account(number) for number in range(1, 8)]
        self.operators = [account(900 + number) for number in range(seats)]
        self.committee_keys = [account(800 + number) for number in range(seats)]
        self.events: list[Event] = []
        self.updates: list[pb.Validator] = []
        self.computes = True
        self.ctx = self.context(1, Overlay(self.memory))
        self._genesis(seats)

    def _genesis(self, seats: int) -> None:
        view = self.ctx.view
        view.save(keys.PARAMS, self.params)
        view.save(keys.COUNTERS, counters.first())
        for person in [self.owner, *self.people]:
            ledger.mint(self.ctx, person.address, BALANCE)
        self._bond(seats)
        model = small_model()
        self.run("post_model", self.owner, MsgPostModel(model=model))
        self.model_id = model_id(self.owner.address, model)

    def _bond(self, count: int) -> None:
        """Bond validators with stake for a seat; a lower number has more, and the lower consensus address."""
        self.consensus_keys = sorted((account(700 + number) for number in range(count)), key=_address)
        self.seats = []
        for number, operator in enumerate(self.operators):
            bond(
                self.ctx,
                operator,
                {operator.address: SEAT_STAKE - number * self.params.power_reduction},
                public_key=self.consensus_keys[number].public_key,
                committee_key=self.committee_keys[number].public_key,
            )
            self.seats.append(self._seat(number))
        staking.update_set(self.ctx, 1)

    def _seat(self, number: int) -> CommitteeSeat:
        """The seat of a validator in a key begun now."""
        record = self.validator(number)
        return CommitteeSeat(
            validator=self.consensus_keys[number].address,
            committee_key=record.committee_key,
            operator=record.operator,
            stake=record.tokens,
        )

    def validator(self, number: int) -> ValidatorRecord:
        """The validator whose seat has a number."""
        return validators.find(self.view, self.operators[number].address)

    def number(self, validator: bytes) -> int:
        """The number of the seat of a consensus address."""
        return [seat.validator for seat in self.seats].index(validator)

    def register(self, number: int, committee_key: bytes) -> None:
        """Have a validator sign committee messages with another key, in keys begun from now on."""
        record = self.validator(number)
        record.committee_key = committee_key
        validators.save(self.ctx, record)
        self.seats[number] = self._seat(number)

    # -- blocks -----------------------------------------------------------------------------

    def context(self, height: int, view: Overlay) -> Context:
        return Context(CHAIN_ID, height, self.params, view, proofs=self.proofs)

    @property
    def view(self) -> Overlay:
        return self.ctx.view

    @property
    def height(self) -> int:
        return self.ctx.height

    def end_block(self, count: int = 1) -> None:
        """End the block under execution, check every invariant, commit, and begin the next; so often."""
        for _ in range(count):
            self.close()
            self.events.extend(self.ctx.events)
            self.memory.apply(self.ctx.view)
            invariants.check_all(self.memory)
            invariants.check_bulk(self.memory, self.memory.bulk)
            self.ctx = self.context(self.ctx.height + 1, Overlay(self.memory))
            if self.computes:
                self.compute()

    def close(self) -> None:
        """Do what a block does after its entries."""
        ceremony.end_block(self.ctx)
        rounds.end_block(self.ctx)
        slashing.end_block(self.ctx)
        self.earn()
        self.updates = staking.end_block(self.ctx)

    def earn(self) -> None:
        """Divide what the block earned; here nobody votes, so nobody earns."""

    def compute(self) -> None:
        """Begin a block as a real one begins: with the ciphertexts that were due, here made up."""
        for job in openings.due_jobs(self.view, self.params):
            digest = hashlib.sha256(b"c1" + job.opening.to_bytes(8, "big")).digest()
            openings.complete_job(self.ctx, job.opening, job.opening, digest)

    def run(self, kind: str, sender: Account, message: Any) -> None:
        """Execute a message; when it is refused nothing of it is left."""
        handler = HANDLERS[kind]
        handler.check_form(message, self.params)
        scratch = self.context(self.ctx.height, Overlay(self.ctx.view))
        before = len(scratch.view.changes)
        handler.check(scratch, sender.address, message)
        assert len(scratch.view.changes) == before, "a check wrote something"
        handler.execute(scratch, sender.address, message)
        scratch.view.flush_into(self.ctx.view)
        self.ctx.events.extend(scratch.events)

    # -- rounds -----------------------------------------------------------------------------

    def ready_key(self) -> Key:
        """Write a ready key without a ceremony: for tests that inject what it would open."""
        following = self.view.require(Counters, keys.COUNTERS)
        key = Key(
            id=following.next_key,
            status=pb.KEY_STATUS_READY,
            preset=self.params.preset,
            created=self.height,
        )
        size = max(n for n in COMMITTEE_SIZES if n <= len(self.seats))
        key.members.extend(KeyMember(seat=seat) for seat in self.seats[:size])
        following.next_key += 1
        self.view.save(keys.COUNTERS, following)
        key_records.save_pool(self.view, [*key_records.pool(self.view), key.id])
        for name in ("public_key", "relin_key"):
            setattr(key, name, self.view.put_bulk(keys.key_scope(key.id), name.encode()))
        key_records.save(self.view, key)
        return key

    def terms(self, **changes: Any) -> MsgOpenRound:
        """Terms of a round for two to four contributors under a new ready key."""
        message = MsgOpenRound(
            model_id=self.model_id,
            bounty=1_000_000,
            scoring_fee=40_001,
            deposit=10_000,
            min_contributors=2,
            max_contributors=4,
            commit_window=10,
            reveal_window=10,
            scoring_window=60,
            owner_public_key=public_key(OWNER_SECRET),
            reference=random_payload(1000),
        )
        for name, value in changes.items():
            setattr(message, name, value)
        if "key_id" not in changes:
            message.key_id = self.ready_key().id
        return message

    def open_round(self, **changes: Any) -> int:
        """Open a round and return its id; it is PENDING."""
        message = self.terms(**changes)
        following = self.view.require(Counters, keys.COUNTERS).next_round
        self.run("open_round", self.owner, message)
        return following

    def round(self, round_id: int) -> Round:
        return self.view.require(Round, keys.round_(round_id))

    def contribution(self, round_id: int, sender: Account) -> Contribution:
        return self.view.require(Contribution, keys.contribution(round_id, sender.address))

    def key_of(self, round_id: int) -> Key:
        return self.view.require(Key, keys.committee_key(self.round(round_id).key_id))

    def submission(self, round_id: int, number: int, **changes: Any) -> Submission:
        return Submission(self.people[number], round_id, random_payload(number), **changes)

    def answer(
        self, round_id: int, scores: Callable[[Opening], int | bytes] | None = None, stages: int = 99
    ) -> None:
        """Decide every opening the round has asked for, stage after stage, with hand-made values."""
        scores = scores or Scores()
        for _ in range(stages):
            asked = self.asked(round_id)
            if not asked:
                return
            for opening in asked:
                scoring_queue.drop(self.ctx, opening.id, 1)
                openings.deliver(self.ctx, opening, scores(opening))

    def asked(self, round_id: int) -> list[Opening]:
        """The openings a round waits for."""
        found = [Opening.FromString(data) for _, data in self.view.iterate(keys.OPENING)]
        return [opening for opening in found if opening.round_id == round_id]

    def opened(self, **changes: Any) -> int:
        """Open a round whose reference is good; it is OPEN."""
        round_id = self.open_round(**changes)
        self.answer(round_id)
        assert self.round(round_id).status == pb.ROUND_STATUS_OPEN
        return round_id

    def revealed(self, count: int = 3, reserves: tuple[int, ...] = (), **changes: Any) -> int:
        """Bring a round of `count` contributors to SCORING, all having revealed."""
        round_id = self.opened(**{"max_contributors": count, **changes})
        subs = [self.submission(round_id, n) for n in range(count)]
        for sub, reserve in zip(subs, reserves, strict=False):
            sub.reserve = reserve
        for sub in subs:
            self.run("commit", sub.sender, sub.commit)
        for sub in subs:
            self.run("reveal", sub.sender, sub.reveal)
        assert self.round(round_id).status == pb.ROUND_STATUS_SCORING
        return round_id

    # -- money ------------------------------------------------------------------------------

    def balance(self, who: Account | bytes) -> int:
        return ledger.account(self.view, who if isinstance(who, bytes) else who.address).balance

    def escrow(self, round_id: int) -> int:
        return self.balance(keys.escrow(round_id))

    def told(self, what: str) -> list[dict[str, str]]:
        """Attributes of this chain's round events of one sort, oldest first."""
        events = [*self.events, *self.ctx.events]
        found = [dict(event.attributes) for event in events if event.kind == "round"]
        return [attributes for attributes in found if attributes["what"] == what]
