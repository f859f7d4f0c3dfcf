"""Rewards worked out by hand: the tables of tests/vectors/rewards.md."""

from __future__ import annotations

from fractions import Fraction

import pytest
from tests.state.bonded import bond, consensus_address, earn
from tests.state.conftest import account
from tests.state.handmade import Row, number, table
from tests.state.rounds.test_committee_share import deliver, earned, end_release, four_members, settled

from assay.proto import state_pb2 as pb
from assay.proto.staking_pb2 import Delegation
from assay.state import distribution, faults, ledger
from assay.state.context import Context, Vote
from assay.state.rules import keys
from assay.state.rules.errors import NothingToWithdraw
from assay.state.rules.rewards import REWARD_BITS
from assay.state.rules.shares import decode_whole, encode_whole, shares_for
from assay.state.validators import delegations
from assay.state.validators import records as validators

PAGE = "rewards.md"
NAMES = "ABCDE"
OPERATORS = {name: account(600 + place) for place, name in enumerate(NAMES)}


def outstanding(ctx: Context, name: str) -> int:
    return distribution.rewards_of(ctx.view, OPERATORS[name].address).outstanding


@pytest.mark.parametrize("row", table(PAGE, "New tokens"))
def test_new_tokens(ctx: Context, row: Row) -> None:
    supply, ctx.params.inflation, ctx.params.blocks_per_year, expected = map(number, row)
    ledger.mint(ctx, account(1).address, supply)
    distribution.end_block(ctx, b"", [])
    assert ledger.supply(ctx.view).total - supply == distribution.community_pool(ctx.view) == expected


@pytest.mark.parametrize("row", table(PAGE, "A block"), ids=lambda row: row[0])
def test_a_block(ctx: Context, row: Row) -> None:
    _, pot, votes, proposer, *parts, left = row
    ctx.params.community_tax, ctx.params.inflation = 200, 0
    ctx.params.base_proposer_reward, ctx.params.bonus_proposer_reward = 100, 400
    for name in "ABCD":
        bond(ctx, OPERATORS[name], {OPERATORS[name].address: 1_000_000})
    ledger.mint(ctx, keys.FEE_COLLECTOR, number(pot))
    cast = [_vote(text) for text in filter(None, votes.split(", "))]
    distribution.end_block(ctx, consensus_address(OPERATORS[proposer]), cast)
    expected = [number(part or "0") for part in parts]
    assert [outstanding(ctx, name) for name in "ABCD"] == expected
    assert distribution.community_pool(ctx.view) == number(left)
    assert sum(expected) + number(left) == number(pot)


def _vote(text: str) -> Vote:
    name, power, *absent = text.split(" ")
    return Vote(consensus_address(OPERATORS[name]), int(power), not absent)


class OneValidator:
    """A validator of two delegators, A and B; what happens to it is said in the words of the table."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.who = {"A": account(1).address, "B": account(2).address}
        self.operator = OPERATORS["C"].address
        self.record = bond(ctx, OPERATORS["C"], {}, rate=1_000)

    def delegation(self, name: str) -> Delegation:
        found = delegations.load(self.ctx.view, self.who[name], self.operator)
        return found or Delegation(delegator=self.who[name], validator=self.operator)

    def change(self, name: str, tokens: int, shares: int) -> int:
        """Add to a delegation, after it was settled; return what it was paid."""
        item = self.delegation(name)
        paid = distribution.settle(self.ctx, self.record, item)
        item.shares = encode_whole(decode_whole(item.shares) + shares)
        delegations.save(self.ctx.view, item)
        self.record.tokens += tokens
        self.record.shares = encode_whole(decode_whole(self.record.shares) + shares)
        ledger.mint(self.ctx, keys.BONDED_POOL, max(0, tokens))
        validators.save(self.ctx, self.record)
        return paid

    def delegate(self, name: str, amount: int) -> int:
        shares = shares_for(amount, self.record.tokens, decode_whole(self.record.shares))
        return self.change(name, amount, shares)

    def leave(self, name: str) -> int:
        shares = decode_whole(self.delegation(name).shares)
        whole = shares == decode_whole(self.record.shares)
        return self.change(name, -(self.record.tokens if whole else self.record.tokens // 2), -shares)

    def step(self, words: list[str]) -> int:
        """Do what the words say; return what was paid."""
        before = self.balances()
        match words:
            case [name, "delegates", amount, *_]:
                self.delegate(name, number(amount.rstrip(",")))
            case [amount, "come", *_]:
                earn(self.ctx, self.record, number(amount))
            case [name, "withdraws", "again"]:
                with pytest.raises(NothingToWithdraw):
                    distribution.withdraw(self.ctx, self.who[name], self.operator)
            case [name, "withdraws", *_]:
                distribution.withdraw(self.ctx, self.who[name], self.operator)
            case ["half", *_]:
                self.record.tokens //= 2
                validators.save(self.ctx, self.record)
            case [name, "leaves,", *_]:
                self.leave(name)
            case ["the", "operator", "withdraws"]:
                distribution.withdraw_commission(self.ctx, self.operator)
            case ["the", "validator", *_]:
                distribution.close_rewards(self.ctx, self.record)
            case _:
                raise AssertionError(f"the table says {words}")
        return self.balances() - before

    def balances(self) -> int:
        everybody = [*self.who.values(), self.operator]
        return sum(ledger.account(self.ctx.view, address).balance for address in everybody)


def test_one_validator(ctx: Context) -> None:
    one = OneValidator(ctx)
    for row in table(PAGE, "One validator"):
        what, a, b, each, paid, commission, left = row
        assert one.step(what.split(":")[0].split(" ")) == number(paid), what
        assert [decode_whole(one.delegation(name).shares) for name in "AB"] == [number(a), number(b)], what
        found = distribution.rewards_of(ctx.view, one.operator)
        assert (found.commission, found.outstanding) == (number(commission), number(left)), what
        exact = sum(Fraction(part) for part in each.split(" ")) * 2**REWARD_BITS
        assert 0 <= exact - decode_whole(found.per_share) < 1, what
        held = ledger.account(ctx.view, keys.DISTRIBUTION).balance
        assert held == found.outstanding + distribution.community_pool(ctx.view), what
    assert distribution.community_pool(ctx.view) == 2


@pytest.mark.parametrize("row", table(PAGE, "A committee"), ids=lambda row: row[0])
def test_a_committee(row: Row) -> None:
    _, bounty, rate, openings, delivered, named, to_each, burned = row
    chain = four_members(number(rate))
    round_id = settled(chain, bounty=number(bounty))
    key = chain.key_of(round_id)
    counts = [int(count) for count in delivered.split(", ")]
    bits = [sum(1 << member for member in range(4) if n < counts[member]) for n in range(int(openings))]
    deliver(chain, key, bits)
    if named:
        faults.name_fault(chain.ctx, key, int(named), pb.FAULT_KIND_WRONG_SCORE_SHARE)
    end_release(chain, round_id)
    assert earned(chain) == [number(part) for part in to_each.split(", ")]
    told = sum(int(event["amount"]) for event in chain.told("share_burned"))
    assert told == number(burned)
    assert sum(earned(chain)) + told == number(bounty) * number(rate) // 10_000
