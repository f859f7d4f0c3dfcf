"""Rewards at random against a model that divides every block between every delegator, in fractions.

The model knows the sentences of docs/staking.md and none of the code. It keeps what each delegation is owed
exactly; the chain may owe less than 1 uasy less, however much has come in since it was paid.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.state.bonded import earn
from tests.state.conftest import account
from tests.state.stake import ASY, Stakers

from assay.crypto.accounts import encode_address
from assay.proto.staking_pb2 import Delegation
from assay.proto.tx_pb2 import (
    MsgDelegate,
    MsgRedelegate,
    MsgSetWithdrawAddress,
    MsgUndelegate,
    MsgWithdrawCommission,
    MsgWithdrawReward,
)
from assay.state import distribution, ledger
from assay.state.context import Vote
from assay.state.rules import keys
from assay.state.rules.errors import AssayError, NothingToWithdraw
from assay.state.rules.shares import decode_whole
from assay.state.validators import records as validators

VALIDATORS, PEOPLE = 3, 4
ROUNDED = Fraction(1, 2**20)
"""What the chain's count of rewards per share may lose here, all rounded down at 2^-128."""
Place = tuple[bytes, bytes]  # delegator, operator

numbers = st.integers(0, VALIDATORS - 1)
people = st.integers(0, PEOPLE - 1)
amounts = st.integers(1, 5 * ASY)


class RewardsAtRandom(RuleBasedStateMachine):
    """Does to the chain and to the model the same things."""

    @initialize(
        tax=st.integers(0, 3_000),
        base=st.integers(0, 3_000),
        bonus=st.integers(0, 3_000),
        inflation=st.sampled_from((0, 200, 5_000)),
        rates=st.tuples(*[st.integers(0, 10_000)] * VALIDATORS),
    )
    def begin(self, tax: int, base: int, bonus: int, inflation: int, rates: tuple[int, ...]) -> None:
        params = {"community_tax": tax, "base_proposer_reward": base, "bonus_proposer_reward": bonus}
        self.chain = Stakers(inflation=inflation, blocks_per_year=1_000, unbonding_period=3, **params)
        self.owed: dict[Place, Fraction] = defaultdict(Fraction)
        self.commission: dict[bytes, int] = defaultdict(int)
        self.held: dict[bytes, int] = defaultdict(int)
        self.community = 0
        for number, rate in enumerate(rates):
            self.set_rate(number, rate)
        self.delegators = [*self.chain.people[:PEOPLE], *self.chain.stakers]
        for place, who in enumerate(self.delegators):
            message = MsgSetWithdrawAddress(address=purse(place))
            self.chain.run("set_withdraw_address", who, message)

    # -- what the model reads ---------------------------------------------------------------

    def delegations(self, operator: bytes) -> list[Delegation]:
        found = self.chain.view.iterate(keys.DELEGATION)
        records = (Delegation.FromString(data) for _, data in found)
        return [record for record in records if record.validator == operator]

    def received(self, who: int) -> int:
        return self.chain.balance(purse(who))

    # -- what the model does ----------------------------------------------------------------

    def give(self, operator: bytes, amount: int) -> None:
        """A validator's part: its commission, and the rest to every delegator by shares."""
        record = validators.load(self.chain.view, operator)
        assert record is not None
        items = self.delegations(operator)
        taken = amount * record.commission.rate // 10_000 if items else amount
        self.commission[operator] += taken
        self.held[operator] += amount
        total = sum(decode_whole(item.shares) for item in items)
        for item in items:
            part = Fraction((amount - taken) * decode_whole(item.shares), total)
            self.owed[item.delegator, operator] += part

    def end_block(self) -> None:
        supply, params = ledger.supply(self.chain.view).total, self.chain.params
        pot = supply * params.inflation // 10_000 // params.blocks_per_year
        pot += self.chain.balance(keys.FEE_COLLECTOR)
        left = pot
        for operator, amount in self.parts(pot, self.chain.votes(), self.chain.proposer()):
            self.give(operator, amount)
            left -= amount
        self.community += left
        before = self.all_received()
        self.chain.end_block()
        self.forget(before)

    def all_received(self) -> list[int]:
        return [self.received(who) for who in range(PEOPLE + VALIDATORS)]

    def forget(self, before: list[int]) -> None:
        """A validator that is no more has paid its commission; what rounding left is the community's."""
        for number in range(VALIDATORS):
            operator = self.chain.operator(number)
            if validators.load(self.chain.view, operator) is None and operator in self.held:
                commission = self.commission.pop(operator, 0)
                self.community += self.held.pop(operator) - commission
                before[PEOPLE + number] += commission
        assert self.all_received() == before

    def parts(self, pot: int, votes: list[Vote], proposer: bytes) -> list[tuple[bytes, int]]:
        if not votes:
            return []
        power = sum(vote.power for vote in votes)
        signed = Fraction(sum(vote.power for vote in votes if vote.signed), power)
        params = self.chain.params
        rate = Fraction(params.base_proposer_reward) + params.bonus_proposer_reward * signed
        first, tax = int(pot * rate / 10_000), int(pot * Fraction(params.community_tax, 10_000))
        due = {vote.address: int((pot - tax - first) * Fraction(vote.power, power)) for vote in votes}
        due[proposer] = due.get(proposer, 0) + first
        found = [(validators.by_consensus_address(self.chain.view, key), part) for key, part in due.items()]
        return [(record.operator, part) for record, part in found if record is not None]

    def paying(self, who: int, numbers: tuple[int, ...], kind: str, message: Any) -> None:
        """Run a message that pays a delegator what its delegations to some validators are owed."""
        before, told, delegator = self.all_received(), len(self.chain.ctx.events), self.delegators[who]
        operators = [self.chain.operator(number) for number in numbers]
        try:
            self.chain.run(kind, delegator, message)
        except AssayError as refused:
            if isinstance(refused, NothingToWithdraw):
                assert self.owed[delegator.address, operators[0]] < 1 + ROUNDED
            return
        for operator in operators:
            paid = self.told(operator, told)
            assert 0 <= self.owed.pop((delegator.address, operator), Fraction()) - paid < 1 + ROUNDED
            self.held[operator] -= paid
            before[who] += paid
        self.forget(before)

    def told(self, operator: bytes, since: int) -> int:
        """What events say was paid of a validator's rewards."""
        events = [event for event in self.chain.ctx.events[since:] if event.kind == "withdraw_rewards"]
        ours = [event for event in events if event.indexed["validator"] == encode_address(operator)]
        return sum(int(event.details["amount"]) for event in ours)

    def is_there(self, number: int) -> bool:
        return validators.load(self.chain.view, self.chain.operator(number)) is not None

    # -- rules ------------------------------------------------------------------------------

    @rule(who=people, number=numbers, amount=amounts)
    def delegate(self, who: int, number: int, amount: int) -> None:
        message = MsgDelegate(validator=self.chain.operator(number), amount=amount)
        self.paying(who, (number,), "delegate", message)

    @rule(who=st.integers(0, PEOPLE + VALIDATORS - 1), number=numbers, amount=amounts)
    def undelegate(self, who: int, number: int, amount: int) -> None:
        self.leave(who, number, amount)

    def leave(self, who: int, number: int, amount: int) -> None:
        message = MsgUndelegate(validator=self.chain.operator(number), amount=amount)
        self.paying(who, (number,), "undelegate", message)

    @rule(who=people, number=numbers, step=st.integers(1, VALIDATORS - 1), amount=amounts)
    def redelegate(self, who: int, number: int, step: int, amount: int) -> None:
        other = (number + step) % VALIDATORS
        source, target = self.chain.operator(number), self.chain.operator(other)
        message = MsgRedelegate(source=source, target=target, amount=amount)
        self.paying(who, (number, other), "redelegate", message)

    @rule(who=st.integers(0, PEOPLE + VALIDATORS - 1), number=numbers)
    def withdraw(self, who: int, number: int) -> None:
        message = MsgWithdrawReward(validator=self.chain.operator(number))
        self.paying(who, (number,), "withdraw_reward", message)

    @rule(number=numbers)
    def withdraw_commission(self, number: int) -> None:
        operator, before = self.chain.operator(number), self.all_received()
        due = self.commission.pop(operator, 0)
        try:
            self.chain.run("withdraw_commission", self.chain.stakers[number], MsgWithdrawCommission())
        except AssayError:
            assert not due
        self.held[operator] -= due
        before[PEOPLE + number] += due
        assert self.all_received() == before

    @rule(number=numbers, percent=st.integers(1, 60))
    def slash(self, number: int, percent: int) -> None:
        if self.is_there(number):
            self.chain.slash(number, self.chain.validator(number).tokens * percent // 100)

    @rule(number=numbers, rate=st.integers(0, 10_000))
    def set_rate(self, number: int, rate: int) -> None:
        if self.is_there(number):
            record = self.chain.validator(number)
            record.commission.rate = rate
            validators.save(self.chain.ctx, record)

    @rule(number=numbers, amount=amounts)
    def reward(self, number: int, amount: int) -> None:
        """As the committee's share of a bounty comes in."""
        if self.is_there(number):
            earn(self.chain.ctx, self.chain.validator(number), amount)
            self.give(self.chain.operator(number), amount)

    @rule(fees=st.integers(0, 10_000), absent=st.sets(numbers, max_size=2))
    def block(self, fees: int, absent: set[int]) -> None:
        self.chain.absent = absent
        ledger.move(self.chain.ctx, self.chain.owner.address, keys.FEE_COLLECTOR, fees)
        self.end_block()

    @rule(number=numbers)
    def everybody_leaves(self, number: int) -> None:
        """What is left of the validator, unless it is the last, is forgotten once it is unbonded."""
        for who, delegator in enumerate(self.delegators):
            if worth := self.is_there(number) and self.chain.worth(delegator, number):
                self.leave(who, number, worth)
        for _ in range(self.chain.params.unbonding_period + 1):
            self.end_block()

    # -- what must hold ---------------------------------------------------------------------

    @invariant()
    def everybody_is_owed_what_the_model_says(self) -> None:
        for (delegator, operator), exact in self.owed.items():
            found = self.chain.view.load(Delegation, keys.delegation(delegator, operator))
            assert 0 <= exact - (distribution.owed(self.chain.view, found) if found else 0) < 1 + ROUNDED
        for operator, commission in self.commission.items():
            assert distribution.rewards_of(self.chain.view, operator).commission == commission
        assert distribution.community_pool(self.chain.view) == self.community


def purse(who: int) -> bytes:
    """Where a delegator has its rewards paid, and nothing else."""
    return account(5_000 + who).address


TestRewardsAtRandom = RewardsAtRandom.TestCase
