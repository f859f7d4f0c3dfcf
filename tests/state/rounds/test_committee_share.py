"""The committee's share of a bounty: set aside at the payout, paid for what was delivered."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.state.chain import BALANCE, Chain, Scores
from tests.state.live import Live, direction, unit
from tests.state.rounds.test_release import acknowledge, send

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Decided, Key, MaskUse
from assay.proto.tx_pb2 import MsgAcknowledgeRelease
from assay.state import decided, distribution, faults, ledger, openings
from assay.state.rules import keys

BOUNTY, FEE, DEPOSIT = 1_000_000, 40_001, 10_000
TENTH = 1_000


def four_members(rate: int = TENTH) -> Chain:
    """A chain whose four committee members are validators with 10% commission."""
    return Chain(seats=4, committee_share=rate)


def settled(
    chain: Chain, reserves: tuple[int, ...] = (), alignment: float = 0.5, bounty: int = BOUNTY
) -> int:
    """A round of three equal contributors, settled; nobody has delivered anything."""
    round_id = chain.revealed(3, reserves, bounty=bounty)
    scores = {who.address: {"alignment": alignment, "aggregate": 1.0} for who in chain.people}
    chain.answer(round_id, Scores(by_sender=scores))
    return round_id


def deliver(chain: Chain, key: Key, by_opening: Sequence[int]) -> None:
    """Write down openings as decided, each with the bits of the members that delivered."""
    for number, members in enumerate(by_opening, 1000):
        use = MaskUse(kind=pb.OPENING_KIND_NORM, openings=[number])
        chain.view.save(keys.mask(key.id, number.to_bytes(32, "big")), use)
        chain.view.save(keys.decided(number), Decided(key_id=key.id, delivered=members))


def end_release(chain: Chain, round_id: int) -> None:
    for member in range(4):
        send(chain, chain.key_of(round_id), member)
    acknowledge(chain, round_id)
    chain.end_block()


def earned(chain: Chain) -> list[int]:
    """What each member's validator has got."""
    found = (distribution.rewards_of(chain.view, operator.address) for operator in chain.operators)
    return [rewards.outstanding for rewards in found]


def test_contributors_divide_what_the_committee_leaves() -> None:
    chain = four_members()
    round_id = settled(chain)
    amounts = [chain.contribution(round_id, person).amount for person in chain.people[:3]]
    assert amounts == [300_000] * 3
    assert chain.escrow(round_id) == FEE + 100_000
    record = chain.round(round_id)
    assert (record.committee_share, record.paid, record.refunded) == (TENTH, 900_000, 3 * DEPOSIT)


def test_each_member_is_paid_for_what_it_delivered_and_the_rest_is_burned() -> None:
    chain = four_members()
    round_id = settled(chain)
    deliver(chain, chain.key_of(round_id), [0b0111, 0b0111, 0b0011, 0b0001])
    supply = ledger.supply(chain.view).total
    end_release(chain, round_id)
    assert earned(chain) == [25_000, 18_750, 12_500, 0]
    burned = 100_000 - 25_000 - 18_750 - 12_500
    record = chain.round(round_id)
    assert (record.paid, record.burned) == (900_000 + FEE + 56_250, burned)
    assert ledger.supply(chain.view).total == supply - burned
    assert (chain.escrow(round_id), chain.balance(keys.DISTRIBUTION)) == (0, 56_250)
    told = [(event["account"], event["amount"]) for event in chain.told("share")]
    assert told == [
        (op.address_text, amount)
        for op, amount in zip(chain.operators, ("25000", "18750", "12500"), strict=False)
    ]
    assert [event["amount"] for event in chain.told("share_burned")] == [str(burned)]


def test_a_members_part_is_a_reward_of_its_validator_with_commission_and_delegators() -> None:
    chain = four_members()
    round_id = settled(chain)
    deliver(chain, chain.key_of(round_id), [0b0001])
    end_release(chain, round_id)
    assert distribution.rewards_of(chain.view, chain.operators[0].address).commission == 2_500
    before = chain.balance(chain.operators[0])
    distribution.withdraw(chain.ctx, chain.operators[0].address, chain.operators[0].address)
    assert chain.balance(chain.operators[0]) - before == 22_499  # 22,500 without what rounding keeps


def test_the_part_of_a_member_that_was_named_for_a_fault_is_burned() -> None:
    chain = four_members()
    round_id = settled(chain)
    key = chain.key_of(round_id)
    deliver(chain, key, [0b1111])
    faults.name_fault(chain.ctx, key, 2, pb.FAULT_KIND_WRONG_SCORE_SHARE)
    end_release(chain, round_id)
    assert earned(chain) == [25_000, 25_000, 0, 25_000]
    assert chain.round(round_id).burned == 25_000 + 10_000  # and of the fee


def test_a_part_whose_validator_is_no_more_goes_to_the_community_pool() -> None:
    chain = four_members()
    round_id = settled(chain)
    key = chain.key_of(round_id)
    deliver(chain, key, [0b1111])
    for number, member in enumerate(key.members):
        member.seat.operator = bytes([number]) * 20
    chain.view.save(keys.committee_key(key.id), key)
    end_release(chain, round_id)
    assert distribution.community_pool(chain.view) == chain.balance(keys.DISTRIBUTION) == 100_000
    assert chain.round(round_id).burned == 0


def test_a_bounty_that_is_not_paid_goes_back_whole() -> None:
    chain = four_members()
    round_id = settled(chain, alignment=-0.5)
    record = chain.round(round_id)
    assert (record.status, record.refunded) == (pb.ROUND_STATUS_REFUNDED, BOUNTY + 3 * DEPOSIT)
    assert chain.balance(chain.owner) == BALANCE - FEE
    assert earned(chain) == [0] * 4


def test_what_a_reserve_refuses_goes_to_the_owner_and_not_to_the_committee() -> None:
    chain = four_members()
    round_id = settled(chain, reserves=(300_000, 300_001))
    amounts = [chain.contribution(round_id, person).amount for person in chain.people[:3]]
    assert amounts == [300_000, 0, 300_000]
    assert chain.round(round_id).refunded == 300_000 + 3 * DEPOSIT
    assert chain.escrow(round_id) == FEE + 100_000


def test_a_round_keeps_the_rate_of_its_opening() -> None:
    chain = four_members()
    round_id = chain.revealed(3)
    chain.params.committee_share = 5_000
    chain.answer(round_id)
    assert chain.escrow(round_id) == FEE + 100_000
    deliver(chain, chain.key_of(round_id), [0b1111])
    end_release(chain, round_id)
    assert earned(chain) == [25_000] * 4


@given(rate=st.integers(0, 5_000), by_opening=st.lists(st.integers(0, 15), max_size=9), bad=st.integers(0, 4))
def test_what_is_set_aside_is_paid_or_burned_to_the_last_unit(
    rate: int, by_opening: list[int], bad: int
) -> None:
    chain = four_members(rate)
    round_id = settled(chain)
    key = chain.key_of(round_id)
    deliver(chain, key, by_opening)
    if bad < 4:
        faults.name_fault(chain.ctx, key, bad, pb.FAULT_KIND_WRONG_SCORE_SHARE)
    aside = chain.escrow(round_id) - FEE
    before = chain.round(round_id)
    end_release(chain, round_id)
    record, fee_burned = chain.round(round_id), 0 if bad == 4 else 10_000 + (not bad)
    assert aside == BOUNTY * rate // 10_000
    assert sum(earned(chain)) + record.burned - before.burned - fee_burned == aside
    for member, got in enumerate(earned(chain)):
        times = sum(bits >> member & 1 for bits in by_opening)
        due = 0 if member == bad else aside * times // (4 * max(1, len(by_opening)))
        assert got == due


def test_shares_count_however_late_and_once(four: Live) -> None:
    round_id = four.open_round(direction(1))
    (coin,) = four.chain.asked(round_id)
    key, ctx = four.chain.key_of(round_id), four.chain.ctx
    before, counted = decided.deliveries(ctx.view, key.id)
    assert [counted[member] for member in range(4)] == [before] * 4  # the self-test
    extensions = four.committee.extensions()
    for extension in extensions[:3]:
        openings.record_extension(ctx, *extension)
    after, counted = decided.deliveries(ctx.view, key.id)
    assert (after, [counted[member] for member in range(4)]) == (before + 1, [before + 1] * 3 + [before])
    right = extensions[3][1].runs[0].shares
    assert openings.is_news(ctx.view, coin.id, key.id, 3, right)
    for _ in range(2):
        openings.record_share(ctx, coin.id, 3, right)
    assert decided.deliveries(ctx.view, key.id)[1][3] == before + 1
    assert not openings.is_news(ctx.view, coin.id, key.id, 3, right)
    openings.record_share(ctx, coin.id, 3, bytes([right[0] ^ 1]) + right[1:])
    assert decided.deliveries(ctx.view, key.id)[1][3] == before + 1


def test_a_real_committee_delivers_everything_and_is_paid_all_of_its_share(four: Live) -> None:
    chain = four.chain
    chain.params.committee_share = TENTH
    reference = direction(1)
    round_id = four.whole_round(reference, [unit(reference + direction(seed)) for seed in (2, 3)])
    four.committee.block()
    chain.run("acknowledge_release", chain.owner, MsgAcknowledgeRelease(round_id=round_id))
    chain.end_block()
    assert earned(chain) == [25_000] * 4
    assert chain.round(round_id).burned == 0
    with pytest.raises(RuntimeError, match="lacks the Decided"):
        chain.view.require(Decided, keys.decided(1))
