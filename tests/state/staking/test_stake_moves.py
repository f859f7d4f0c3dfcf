"""Stake that goes anywhere in any order: no unit is created, and going in and out loses at most one.

Nothing is earned here, so whatever somebody has more than before was somebody else's rounding.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.state.stake import ASY, Stakers

from assay.crypto.accounts import Account
from assay.state import ledger, staking
from assay.state.rules.errors import StakingError
from assay.state.validators import delegations, jail, unbondings
from assay.state.validators import records as validators

PEOPLE, VALIDATORS = 2, 3
who = st.integers(0, PEOPLE + VALIDATORS - 1)
number = st.integers(0, VALIDATORS - 1)
amount = st.integers(1, 3 * ASY) | st.integers(1, 10) | st.just(ASY)


class StakeMoves(RuleBasedStateMachine):
    """Two people and three operators, two places in the set."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = Stakers(
            stakes=(3 * ASY, 2 * ASY, ASY), max_validators=2, unbonding_period=3, max_entries=2
        )
        for slashed, lost in enumerate((1_234_567, 765_432)):  # from now on a share is not a uasy there
            self.chain.slash(slashed, lost)
        self.accounts = [*self.chain.people[:PEOPLE], *self.chain.stakers]
        self.began = [self.holds(account) for account in self.accounts]
        self.supply = self.all_tokens()
        self.moves = Counter[bytes]()
        self.slashed = 0

    def all_tokens(self) -> int:
        return ledger.supply(self.chain.view).total

    def holds(self, account: Account) -> int:
        """What is an account's, in uasy, wherever it is."""
        view = self.chain.view
        staked = 0
        for item in delegations.by_delegator(view, account.address):
            staked += staking.worth(validators.find(view, item.validator), item)
        leaving = sum(entry.balance for entry in unbondings.by_delegator(view, account.address))
        return self.chain.balance(account) + staked + leaving

    def move(self, kind: str, account: Account, *args: int) -> int:
        """Do something if it is possible; return what the account lost by it."""
        before = self.holds(account)
        try:
            getattr(self.chain, kind)(account, *args)
        except StakingError:
            assert self.holds(account) == before, "a refusal has changed something"
        self.moves[account.address] += 1
        return before - self.holds(account)

    @rule(who=who, number=number, amount=amount)
    def delegate(self, who: int, number: int, amount: int) -> None:
        assert 0 <= self.move("delegate", self.accounts[who], number, amount) <= 1

    @rule(who=who, number=number, amount=amount)
    def undelegate(self, who: int, number: int, amount: int) -> None:
        assert 0 <= self.move("undelegate", self.accounts[who], number, amount) <= 1

    @rule(who=who, number=number)
    def undelegate_everything(self, who: int, number: int) -> None:
        account = self.accounts[who]
        worth = self.chain.worth(account, number)
        if worth:
            self.move("undelegate", account, number, worth)

    @rule(who=who, number=number, amount=amount)
    def there_and_back(self, who: int, number: int, amount: int) -> None:
        account = self.accounts[who]
        before = self.chain.worth(account, number)
        self.move("delegate", account, number, amount)
        added = self.chain.worth(account, number) - before
        assert added in (0, amount - 1, amount, amount + 1)
        if added:
            assert self.move("undelegate", account, number, added) <= 1

    @rule(who=who, source=number, to=number, amount=amount)
    def redelegate(self, who: int, source: int, to: int, amount: int) -> None:
        assert 0 <= self.move("redelegate", self.accounts[who], source, to, amount) <= 2

    @rule(who=who, data=st.data(), amount=amount)
    def cancel(self, who: int, data: st.DataObject, amount: int) -> None:
        account = self.accounts[who]
        entries = list(unbondings.by_delegator(self.chain.view, account.address))
        if entries:
            entry = data.draw(st.sampled_from(entries))
            source = [self.chain.operator(n) for n in range(VALIDATORS)].index(entry.validator)
            assert 0 <= self.move("cancel", account, source, entry.id, amount) <= 1

    @rule(number=number, part=st.integers(1, 10_000))
    def slash(self, number: int, part: int) -> None:
        record = validators.load(self.chain.view, self.chain.operator(number))
        if record is not None:
            burned = record.tokens * part // 10_000
            self.chain.slash(number, burned)
            self.slashed += burned

    @rule(number=number)
    def release(self, number: int) -> None:
        record = validators.load(self.chain.view, self.chain.operator(number))
        if record is not None and record.jailed:
            jail.release(self.chain.ctx, record)

    @rule(number=number)
    def begin_again(self, number: int) -> None:
        if validators.load(self.chain.view, self.chain.operator(number)) is None:
            self.chain.create_again(number, ASY)

    @precondition(lambda self: self.chain.height < 40)
    @rule(count=st.integers(1, 3))
    def end_block(self, count: int) -> None:
        """Every invariant of the state is checked there, and CometBFT's rules for updates."""
        self.chain.end_block(count)

    @invariant()
    def no_unit_is_created(self) -> None:
        assert self.all_tokens() == self.supply - self.slashed
        now = [self.holds(account) for account in self.accounts]
        assert sum(now) <= sum(self.began) - self.slashed
        roundings = sum(self.moves.values())
        for account, began, holds in zip(self.accounts, self.began, now, strict=True):
            assert holds <= began + 2 * roundings
            assert holds >= began - 2 * self.moves[account.address] - self.slashed


StakeMoves.TestCase.settings = settings(stateful_step_count=40)
TestStakeMoves = StakeMoves.TestCase
