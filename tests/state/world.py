"""A state with something of everything: rounds in every status, keys in every phase, openings that wait."""

from __future__ import annotations

from functools import cache

from tests.state.bonded import earn
from tests.state.chain import Chain
from tests.state.conftest import account

from assay.crypto.accounts import Account
from assay.crypto.committee.sealed_box import public_key
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.staking_pb2 import BOND_STATUS_UNBONDED, Delegation, ValidatorRecord
from assay.proto.state_pb2 import Key
from assay.proto.tx_pb2 import MsgCancelRound, MsgUndelegate
from assay.state import ledger, openings, scoring_queue, staking
from assay.state.ceremony import phases, slots
from assay.state.overlay import Overlay
from assay.state.rounds import release
from assay.state.rules import keys
from assay.state.rules.shares import encode_whole
from assay.state.validators import delegations
from assay.state.validators import records as validators

RICH = account(300)
STRANGER = account(999)
JAILED = account(301)
"""Operator of a validator that may be unjailed."""


class World:
    """The state, at the beginning of a block.

    Attributes
    ----------
    rounds
        Status to the id of a round that has it.
    keys
        Status to the id of a key that has it.
    submissions
        Of the round in REVEAL: the first is revealed, the second is not.
    """

    def __init__(self) -> None:
        self.chain = Chain(max_contributors=4, max_ciphertexts=1)
        ledger.mint(self.chain.ctx, RICH.address, 2**62)
        self.rounds = self._make_rounds()
        self._release(self.rounds[pb.ROUND_STATUS_SETTLED])
        self.keys = self._make_keys()
        for number, job in enumerate(openings.due_jobs(self.chain.view, self.chain.params)):
            openings.complete_job(self.chain.ctx, job.opening, number, number.to_bytes(32, "big"))
        self._bond()
        self._jail()
        self.chain.end_block()

    def _bond(self) -> None:
        """Give the rich a delegation that has earned, and stake on its way out; the operator a commission."""
        ctx, operator = self.chain.ctx, self.chain.operators[0]
        ledger.mint(ctx, operator.address, 10**8)
        staking.delegate(ctx, RICH.address, self.chain.validator(0), 5_000_000)
        earn(ctx, self.chain.validator(0), 20_000)
        self.chain.run("undelegate", RICH, MsgUndelegate(validator=operator.address, amount=1_000_000))
        earn(ctx, self.chain.validator(0), 20_000)

    def _jail(self) -> None:
        """Write down a validator that sits in jail though its time is over."""
        ctx = self.chain.ctx
        record = ValidatorRecord(
            operator=JAILED.address,
            public_key=account(302).public_key,
            committee_key=account(303).public_key,
            min_self_delegation=1_000_000,
            tokens=2_000_000,
            shares=encode_whole(2_000_000),
            status=BOND_STATUS_UNBONDED,
            jailed=True,
        )
        own = Delegation(delegator=JAILED.address, validator=JAILED.address, shares=record.shares)
        validators.save(ctx, record)
        delegations.save(ctx.view, own)
        ledger.mint(ctx, JAILED.address, 10**9)
        ledger.mint(ctx, keys.NOT_BONDED_POOL, record.tokens)

    @property
    def senders(self) -> list[Account]:
        """Who sends: rich, the owner of all rounds, contributors, operators, and somebody with nothing."""
        return [RICH, self.chain.owner, *self.chain.people[:3], self.chain.operators[0], JAILED, STRANGER]

    def overlay(self) -> Overlay:
        """A fresh overlay over the state; nothing written to it reaches the next one."""
        return Overlay(self.chain.memory)

    # -- rounds -----------------------------------------------------------------------------

    def _make_rounds(self) -> dict[int, int]:
        chain = self.chain
        cancelled, refunded = chain.opened(), chain.open_round()
        chain.run("cancel_round", chain.owner, MsgCancelRound(round_id=cancelled))
        chain.answer(refunded, lambda asked: bytes(32) if asked.kind == pb.OPENING_KIND_COIN else 1 << 120)
        expired = chain.open_round(scoring_window=40)
        chain.end_block(41)
        settled, scoring = chain.revealed(2), chain.revealed(2)
        chain.answer(settled)
        chain.answer(scoring, stages=1)
        made = [cancelled, refunded, expired, settled, scoring]
        made += [self._in_reveal(), chain.opened(min_contributors=1), chain.open_round()]
        return {chain.round(ident).status: ident for ident in made}

    def _in_reveal(self) -> int:
        chain = self.chain
        ident = chain.opened(max_contributors=2)
        self.submissions = [chain.submission(ident, number) for number in range(2)]
        for sub in self.submissions:
            chain.run("commit", sub.sender, sub.commit)
        chain.run("reveal", self.submissions[0].sender, self.submissions[0].reveal)
        return ident

    def _release(self, ident: int) -> None:
        """Send the only member's share of a released sum."""
        key = self.chain.key_of(ident)
        (item,) = slots.awaited(self.chain.view, key, 0)
        release.receive(self.chain.ctx, key, 0, item, bytes(item.size))

    # -- keys -------------------------------------------------------------------------------

    def _make_keys(self) -> dict[int, int]:
        """Begin ceremonies and leave each in another phase, with one message there if it has several."""
        chain = self.chain
        chain.params.key_pool = 9
        chain.view.save(keys.PARAMS, chain.params)
        chain.end_block()
        begun = [key.id for key in self._all_keys() if key.status == pb.KEY_STATUS_JOINING]
        *begun, accused, untested = begun
        for phases_done, ident in enumerate(begun):
            for _ in range(phases_done):
                self._finish_phase(ident)
            key = self._key(ident)
            if len(slots.awaited(chain.view, key, 0)) > 1:
                self._send(ident)
        self._finish_phase(accused)
        self._finish_phase(accused)
        self._send(accused, b"\x01")  # a complaint
        while self._key(untested).status != pb.KEY_STATUS_SELF_TEST:
            self._send(untested)
        scoring_queue.drop(chain.ctx, self._key(untested).test_opening, 1)
        phases.self_test_opened(chain.ctx, untested, 0)
        chain.ready_key()
        return {key.status: key.id for key in self._all_keys()}

    def _all_keys(self) -> list[Key]:
        return [Key.FromString(data) for _, data in self.chain.view.iterate(keys.KEY)]

    def _key(self, ident: int) -> Key:
        return self.chain.view.require(Key, keys.committee_key(ident))

    def _finish_phase(self, ident: int) -> None:
        status = self._key(ident).status
        while self._key(ident).status == status and slots.awaited(self.chain.view, self._key(ident), 0):
            self._send(ident)

    def _send(self, ident: int, data: bytes | None = None) -> None:
        key = self._key(ident)
        item = slots.awaited(self.chain.view, key, 0)[0]
        joining = item.phase == tx_pb2.COMMITTEE_PHASE_JOIN
        made = join_data(item.size) if joining else bytes(item.size)
        phases.receive(self.chain.ctx, key, 0, item, made if data is None else data)


def join_data(size: int) -> bytes:
    """Data of a JOIN with an exchange key, a signing key and as many hashes as fit."""
    return (public_key(bytes(range(32))) + account(5).public_key).ljust(size, b"\x01")


@cache
def world() -> World:
    """The world, made once."""
    made = World()
    statuses = set(pb.RoundStatus.values()) - {pb.ROUND_STATUS_UNSPECIFIED}
    assert statuses == set(made.rounds), "a status has no round"
    passing = {pb.KEY_STATUS_UNSPECIFIED, pb.KEY_STATUS_JUDGING, pb.KEY_STATUS_FAILED}
    assert set(pb.KeyStatus.values()) - passing == set(made.keys), "a status has no key"
    assert SMALL.wire_id == made.chain.params.preset
    return made
