"""Rounds at random against a small independent model of who owns what.

The model knows the design's sentences and none of the code: phases, windows, what burns, what goes back, and
the payout formula in fractions. After every step every balance, escrow and count must be the model's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.state.chain import BALANCE, Chain, Scores

from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Opening
from assay.proto.tx_pb2 import MsgAcknowledgeRelease, MsgCancelRound
from assay.state import ledger
from assay.state.ceremony import slots
from assay.state.rounds import release
from assay.state.rules.errors import AssayError

COMMIT, REVEAL, SCORING, RELEASE = 4, 6, 40, 10
PENDING_STAGES, SCORING_STAGES = (
    ("coin", "length", "norm"),
    ("coin", "length", "norm", "alignment", "aggregate"),
)
SIXTEENTH = SMALL.unit // 16


@dataclass
class ModelRound:
    """One round as the design describes it."""

    bounty: int
    fee: int
    deposit: int
    least: int
    most: int
    deadline: int
    phase: str = "pending"
    stage: int = 0
    begun: int = 0
    committed: list[int] = field(default_factory=list)
    revealed: set[int] = field(default_factory=set)
    within: list[int] = field(default_factory=list)
    alignment: dict[int, int] = field(default_factory=dict)
    aggregate: dict[int, int] = field(default_factory=dict)
    burned: set[int] = field(default_factory=set)
    escrow: int = 0
    sent: bool = False
    aside: int = 0


class Model:
    """Balances and rounds; `rate` is the committee's, of whose shares none ever arrive here."""

    def __init__(self, people: int, rate: int) -> None:
        self.rate = rate
        self.people = [BALANCE] * people
        self.owner = BALANCE
        self.operator = 0
        self.burned = 0
        self.rounds: dict[int, ModelRound] = {}

    def open(self, ident: int, record: ModelRound) -> None:
        record.escrow = record.bounty + record.fee
        self.owner -= record.escrow
        self.rounds[ident] = record

    def commit(self, record: ModelRound, who: int, height: int) -> None:
        self.people[who] -= record.deposit
        record.escrow += record.deposit
        record.committed.append(who)
        if len(record.committed) == record.most:
            self.close_commits(record, height)

    def close_commits(self, record: ModelRound, height: int) -> None:
        if len(record.committed) < record.least:
            self.end(record, "refunded")
        else:
            record.phase, record.deadline = "reveal", height + REVEAL

    def reveal(self, record: ModelRound, who: int, height: int) -> None:
        record.revealed.add(who)
        if len(record.revealed) == len(record.committed):
            self.close_reveals(record, height)

    def close_reveals(self, record: ModelRound, height: int) -> None:
        for who in set(record.committed) - record.revealed:
            self.burn(record, who)
        if len(record.revealed) < record.least:
            self.end(record, "refunded")
        else:
            record.phase, record.stage, record.deadline = "scoring", 0, height + SCORING
            record.within = [who for who in record.committed if who in record.revealed]

    def burn(self, record: ModelRound, who: int) -> None:
        record.burned.add(who)
        record.escrow -= record.deposit
        self.burned += record.deposit

    def judge(self, record: ModelRound, bad: set[int], height: int) -> None:
        """One stage is answered; `bad` failed it (-1 is the reference)."""
        record.begun = height
        if record.phase == "pending":
            if -1 in bad:
                self.end(record, "refunded")
            elif PENDING_STAGES[record.stage] == "norm":
                record.phase, record.deadline = "open", height + COMMIT
            record.stage += 1
            return
        stage = SCORING_STAGES[record.stage]
        record.within = [who for who in record.within if who not in bad]
        if stage in ("length", "norm"):
            for who in sorted(bad):
                self.burn(record, who)
        if stage != "coin" and len(record.within) < record.least:
            self.end(record, "refunded")
        elif stage == "aggregate":
            self.settle(record, height)
        record.stage += 1

    def settle(self, record: ModelRound, height: int) -> None:
        aside = record.bounty * self.rate // 10_000
        parts = shares(record, record.bounty - aside)
        if parts is None:
            self.end(record, "refunded")
            return
        record.aside, record.bounty = aside, record.bounty - aside
        for who, amount in parts.items():
            self.people[who] += amount
            record.escrow -= amount
            record.bounty -= amount
        self.give_back(record)
        record.phase, record.deadline = "released", height + RELEASE

    def end_release(self, record: ModelRound, *, waived: bool) -> None:
        """The operator is paid, unless its member was silent and the owner has not done without it."""
        if record.sent or waived:
            self.operator += record.fee
        else:
            self.burned += record.fee
        self.burned += record.aside
        record.escrow -= record.fee + record.aside
        record.phase = "settled"

    def end(self, record: ModelRound, how: str, *, fee_back: bool = False) -> None:
        """A round that releases nothing: the fee goes to the committee, or back if that has not answered."""
        self.give_back(record)
        self.owner += record.fee if fee_back else 0
        self.operator += 0 if fee_back else record.fee
        record.escrow -= record.fee
        record.phase = how

    def give_back(self, record: ModelRound) -> None:
        """What is left of the bounty goes to the owner, deposits back to who has not lost them."""
        for who in record.committed:
            if who not in record.burned:
                self.people[who] += record.deposit
                record.escrow -= record.deposit
        self.owner += record.bounty
        record.escrow -= record.bounty

    def end_block(self, height: int) -> None:
        for record in self.rounds.values():
            stages = {"pending": PENDING_STAGES, "scoring": SCORING_STAGES}.get(record.phase, ())
            if stages and stages[record.stage] != "coin" and record.begun == height:
                record.deadline += (
                    1  # the clock stands still for the block in which its ciphertexts are computed
                )
            if record.deadline != height:
                continue
            if record.phase == "open":
                self.close_commits(record, height)
            elif record.phase == "reveal":
                self.close_reveals(record, height)
            elif record.phase in ("pending", "scoring"):
                self.end(record, "expired", fee_back=True)
            elif record.phase == "released":
                self.end_release(record, waived=False)


def shares(record: ModelRound, divided: int) -> dict[int, int] | None:
    """The payout formula in fractions, of so many uasy; None if the bounty goes back."""
    total_a = sum(record.alignment[who] for who in record.within)
    total_h = sum(record.aggregate[who] for who in record.within)
    if total_a <= 0 or total_h <= 0 or Fraction(total_a**2) > Fraction(65, 64) * total_h * SMALL.unit:
        return None
    raw = {
        w: Fraction(2 * record.alignment[w], total_a) - Fraction(record.aggregate[w], total_h)
        for w in record.within
    }
    positive = {who: max(Fraction(0), share) for who, share in raw.items()}
    exact = {who: divided * share / sum(positive.values()) for who, share in positive.items()}
    parts = {who: int(amount) for who, amount in exact.items()}
    order = sorted(record.within, key=lambda who: (parts[who] - exact[who], record.within.index(who)))
    for who in order[: divided - sum(parts.values())]:
        parts[who] += 1
    return parts if sum(amount > 0 for amount in parts.values()) >= record.least else None


PHASES = {
    "pending": pb.ROUND_STATUS_PENDING,
    "open": pb.ROUND_STATUS_OPEN,
    "reveal": pb.ROUND_STATUS_REVEAL,
    "scoring": pb.ROUND_STATUS_SCORING,
    "released": pb.ROUND_STATUS_SETTLED,
    "settled": pb.ROUND_STATUS_SETTLED,
    "refunded": pb.ROUND_STATUS_REFUNDED,
    "expired": pb.ROUND_STATUS_EXPIRED,
    "cancelled": pb.ROUND_STATUS_CANCELLED,
}
PEOPLE = 5
people = st.integers(0, PEOPLE - 1)


class RoundsAtRandom(RuleBasedStateMachine):
    """Does to the chain and to the model the same things."""

    @initialize(rate=st.sampled_from((0, 1, 100, 5_000)))
    def begin(self, rate: int) -> None:
        self.chain = Chain(release_window=RELEASE, committee_share=rate, slash_committee_silence=0)
        self.chain.end_block()
        self.model = Model(PEOPLE, rate)

    def live(self) -> int:
        return sum(
            record.phase in ("pending", "open", "reveal", "scoring") for record in self.model.rounds.values()
        )

    def pick(self, data: st.DataObject) -> tuple[int, ModelRound]:
        ident = data.draw(st.sampled_from(sorted(self.model.rounds)))
        return ident, self.model.rounds[ident]

    def attempt(self, allowed: bool, kind: str, sender: Any, message: Any) -> bool:
        """Run a message; it must be refused exactly when the model does not allow it."""
        try:
            self.chain.run(kind, sender, message)
        except AssayError as refused:
            if allowed:
                raise AssertionError(f"{kind} was refused") from refused
            return False
        assert allowed, f"{kind} was carried out"
        return True

    def number(self, address: bytes) -> int:
        return next((n for n, p in enumerate(self.chain.people) if p.address == address), -1)

    @rule(
        bounty=st.integers(1, 10**6),
        fee=st.integers(0, 999),
        deposit=st.integers(0, 999),
        least=st.integers(1, 3),
        spare=st.integers(0, 2),
    )
    @precondition(lambda self: self.live() < 3)
    def open(self, bounty: int, fee: int, deposit: int, least: int, spare: int) -> None:
        terms = {"bounty": bounty, "scoring_fee": fee, "deposit": deposit, "min_contributors": least}
        windows = {"commit_window": COMMIT, "reveal_window": REVEAL, "scoring_window": SCORING}
        ident = self.chain.open_round(**terms, max_contributors=least + spare, **windows)
        deadline = self.chain.height + SCORING
        self.model.open(ident, ModelRound(bounty, fee, deposit, least, least + spare, deadline))

    @rule(data=st.data(), who=people)
    @precondition(lambda self: self.model.rounds)
    def commit(self, data: st.DataObject, who: int) -> None:
        self.commit_one(*self.pick(data), who)

    def commit_one(self, ident: int, record: ModelRound, who: int) -> None:
        sub = self.chain.submission(ident, who)
        allowed = record.phase == "open" and who not in record.committed
        if self.attempt(allowed, "commit", sub.sender, sub.commit):
            self.model.commit(record, who, self.chain.height)

    @rule(data=st.data(), who=people)
    @precondition(lambda self: self.model.rounds)
    def reveal(self, data: st.DataObject, who: int) -> None:
        self.reveal_one(*self.pick(data), who)

    def reveal_one(self, ident: int, record: ModelRound, who: int) -> None:
        sub = self.chain.submission(ident, who)
        allowed = record.phase == "reveal" and who in record.committed and who not in record.revealed
        if self.attempt(allowed, "reveal", sub.sender, sub.reveal):
            self.model.reveal(record, who, self.chain.height)

    @rule(data=st.data(), who=people)
    @precondition(lambda self: self.model.rounds)
    def reveal_for_another(self, data: st.DataObject, who: int) -> None:
        ident, _ = self.pick(data)
        other = self.chain.people[(who + 1) % PEOPLE]
        self.attempt(False, "reveal", other, self.chain.submission(ident, who).reveal)

    @rule(data=st.data(), by_owner=st.booleans())
    @precondition(lambda self: self.model.rounds)
    def cancel(self, data: st.DataObject, by_owner: bool) -> None:
        ident, record = self.pick(data)
        allowed = by_owner and record.phase in ("pending", "open") and not record.committed
        sender = self.chain.owner if by_owner else self.chain.people[0]
        if self.attempt(allowed, "cancel_round", sender, MsgCancelRound(round_id=ident)):
            self.model.end(record, "cancelled")

    @rule(data=st.data())
    @precondition(lambda self: any(r.phase == "released" for r in self.model.rounds.values()))
    def release(self, data: st.DataObject) -> None:
        """The only member sends its share."""
        waiting = sorted(i for i, r in self.model.rounds.items() if r.phase == "released" and not r.sent)
        if waiting:
            ident = data.draw(st.sampled_from(waiting))
            self.model.rounds[ident].sent = True
            key = self.chain.key_of(ident)
            (item,) = slots.awaited(self.chain.view, key, 0)
            release.receive(self.chain.ctx, key, 0, item, bytes(item.size))

    @rule(data=st.data(), by_owner=st.booleans())
    @precondition(lambda self: self.model.rounds)
    def acknowledge(self, data: st.DataObject, by_owner: bool) -> None:
        ident, record = self.pick(data)
        allowed = by_owner and record.phase == "released" and record.sent
        sender = self.chain.owner if by_owner else self.chain.people[0]
        if self.attempt(allowed, "acknowledge_release", sender, MsgAcknowledgeRelease(round_id=ident)):
            self.model.end_release(record, waived=True)

    @rule(data=st.data(), fail=st.sampled_from((False, False, False, True)))
    @precondition(lambda self: any(r.phase in ("pending", "scoring") for r in self.model.rounds.values()))
    def answer(self, data: st.DataObject, fail: bool) -> None:
        waiting = [i for i, r in self.model.rounds.items() if r.phase in ("pending", "scoring")]
        self.answer_one(data, data.draw(st.sampled_from(sorted(waiting))), fail)

    def answer_one(self, data: st.DataObject, ident: int, fail: bool) -> None:
        record = self.model.rounds[ident]
        scoring = record.phase == "scoring"
        stage = (SCORING_STAGES if scoring else PENDING_STAGES)[record.stage]
        asked_about = record.within if scoring else [-1]
        bad = {who for who in asked_about if fail and stage != "coin" and data.draw(st.booleans())}
        values = self.values(data, record, stage, bad)
        self.chain.answer(ident, values, stages=1)
        self.model.judge(record, bad, self.chain.height)

    def values(self, data: st.DataObject, record: ModelRound, stage: str, bad: set[int]) -> Any:
        """Good values for the good, impossible ones for the bad; the model notes what the formula needs."""
        standard = Scores()
        if stage == "alignment":
            record.alignment = {w: SIXTEENTH * data.draw(st.integers(-4, 16)) for w in record.within}
        if stage == "aggregate":
            # Within 1 +- (accepted - 1), as any true aggregate.
            reach = 16 * (len(record.within) - 1)
            drawn = {w: data.draw(st.integers(16 - reach, 16 + reach)) for w in record.within}
            record.aggregate = {w: SIXTEENTH * value for w, value in drawn.items()}

        def value(opening: Opening) -> int | bytes:
            who = self.number(opening.sender)
            if who in bad:
                return 1 << 65
            if stage == "alignment":
                return record.alignment[who]
            return record.aggregate[who] if stage == "aggregate" else standard(opening)

        return value

    @rule(data=st.data(), steps=st.integers(1, 8), absent=st.integers(0, 2))
    @precondition(lambda self: self.live())
    def carry_on(self, data: st.DataObject, steps: int, absent: int) -> None:
        """Everybody but some does what a round is waiting for, so that rounds come to their ends."""
        ident, record = self.pick(data)
        for _ in range(steps):
            if record.phase in ("pending", "scoring"):
                self.answer_one(data, ident, fail=False)
            elif record.phase == "open":
                for who in range(PEOPLE - absent):
                    self.commit_one(ident, record, who)
            elif record.phase == "reveal":
                for who in record.committed[absent:]:
                    self.reveal_one(ident, record, who)

    @rule(count=st.sampled_from((1, 2, 3, COMMIT, REVEAL, RELEASE, SCORING)))
    def blocks(self, count: int) -> None:
        for _ in range(count):
            self.model.end_block(self.chain.height)
            self.chain.end_block()

    @invariant()
    def every_balance_is_the_models(self) -> None:
        assert [self.chain.balance(p) for p in self.chain.people[:PEOPLE]] == self.model.people
        assert self.chain.balance(self.chain.owner) == self.model.owner
        assert self.chain.balance(self.chain.operators[0]) == self.model.operator
        assert ledger.supply(self.chain.view).burned == self.model.burned

    @invariant()
    def every_escrow_is_accounted_for(self) -> None:
        for ident, expected in self.model.rounds.items():
            record = self.chain.round(ident)
            assert record.status == PHASES[expected.phase]
            remaining = record.escrowed - record.paid - record.refunded - record.burned
            assert remaining == self.chain.escrow(ident) == expected.escrow
            assert (remaining == 0 or expected.phase == "released") == bool(record.ended)


TestRoundsAtRandom = RoundsAtRandom.TestCase
