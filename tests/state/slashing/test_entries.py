"""Slashes that ask more entries than one block may: in the end everybody has paid as if asked at once."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.state.conftest import CHAIN_ID, MemoryState
from tests.state.slashing.stakes import Stakes
from tests.state.slashing.test_burning import AMOUNTS, HEIGHTS, RATES, moves, world
from tests.state.stake import ASY, Stakers

from assay.proto.staking_pb2 import SLASH_REASON_DOUBLE_SIGN, SlashRecord
from assay.state import export, invariants, ledger, slashing
from assay.state.context import Misbehavior
from assay.state.genesis import write_genesis
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.errors import BeingSlashed, StakingError
from assay.state.validators import records, slash_queue, unbondings


def slash(stakes: Stakes, since: int, stake: int, rate: int) -> int:
    return slashing.slash(stakes.ctx, stakes.record(0), since, stake, rate, SLASH_REASON_DOUBLE_SIGN)


def work_off(stakes: Stakes) -> int:
    """End blocks until no slash is under way; return how many."""
    for blocks in range(1000):
        if not slash_queue.load(stakes.ctx.view).slashes:
            return blocks
        slashing.end_block(stakes.ctx)
    raise AssertionError("a slash does not end")


@given(
    own=st.lists(AMOUNTS, min_size=3, max_size=3),
    moved=st.lists(moves(), max_size=8),
    done=st.lists(st.tuples(HEIGHTS, AMOUNTS, RATES), min_size=1, max_size=4),
    leave=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(1, 100)), max_size=3),
    each=st.integers(1, 5),
)
def test_in_parts_everybody_pays_what_it_pays_at_once(
    own: list[int],
    moved: list[tuple[int, int, int, int, int]],
    done: list[tuple[int, int, int]],
    leave: list[tuple[int, int, int]],
    each: int,
) -> None:
    found = []
    for most in (10**6, each):
        stakes = world(own, moved)
        stakes.ctx.params.slash_block_entries = most
        for who, number, percent in leave:
            stakes.undelegate_part(bytes([who]) * 20, number, percent)
        for since, stake, rate in done:
            slash(stakes, since, stake, rate)
        slashing.end_block(stakes.ctx)
        assert work_off(stakes) == 0 or most == each
        stakes.check_pools()
        found.append(dict(stakes.ctx.view.iterate(b"")))
    assert found[0] == found[1]


def test_a_block_asks_so_many_entries_and_no_more() -> None:
    stakes = Stakes(slash_block_entries=3)
    stakes.validator(0, 1_000_000)
    for number in range(7):
        stakes.unbonding(0, 100_000, 60, bytes([number]) * 20)
    assert slash(stakes, 50, 1_700_000, 500) == 0
    paid = []
    for _ in range(4):
        slashing.end_block(stakes.ctx)
        paid.append(sum(entry.balance < entry.initial for entry in stakes.leaving()))
        assert (stakes.record(0).tokens < 1_000_000) == (not slash_queue.load(stakes.ctx.view).slashes)
    assert paid == [3, 6, 7, 7]
    (told,) = stakes.slashes(0)
    assert (told.burned, told.from_unbonding, told.height) == (85_000, 35_000, 100)


def test_what_is_leaving_a_second_validator_counts_as_asked() -> None:
    stakes = Stakes(slash_block_entries=3)
    stakes.validator(0, 1_000_000)
    stakes.validator(1, 1_000_000)
    for number in range(2):
        who = bytes([number]) * 20
        stakes.redelegation(0, 1, 100_000, 60, who)
        for _ in range(2):
            stakes.unbonding(1, 1_000, 60, who)
    slash(stakes, 50, 1_200_000, 500)
    assert [entry.balance for entry in stakes.leaving()] == [0, 0, 1_000, 1_000]
    slashing.end_block(stakes.ctx)
    assert work_off(stakes) == 1 + 1
    assert [entry.balance for entry in stakes.leaving()] == [0] * 4


def test_slashes_of_others_share_the_block() -> None:
    stakes = Stakes(slash_block_entries=3)
    for number in range(2):
        stakes.validator(number, 1_000_000)
        for who in range(2):
            stakes.unbonding(number, 100_000, 60, bytes([who]) * 20)
        slashing.slash(stakes.ctx, stakes.record(number), 50, 1_200_000, 500, SLASH_REASON_DOUBLE_SIGN)
    assert [len(stakes.slashes(number)) for number in range(2)] == [1, 0]
    assert [entry.balance for entry in stakes.leaving()] == [95_000, 95_000, 95_000, 100_000]


def test_a_validator_made_anew_does_not_pay_for_the_one_before() -> None:
    stakes = Stakes(slash_block_entries=1)
    record = stakes.validator(0, 1_000_000)
    stakes.unbonding(0, 100_000, 60)
    slash(stakes, 50, 1_100_000, 500)
    records.delete(stakes.ctx, record)
    stakes.validator(0, 500_000, created=101)
    stakes.ctx.height = 101
    slashing.end_block(stakes.ctx)
    work_off(stakes)
    assert stakes.record(0).tokens == 1_500_000 - 1_000_000
    assert [done.burned for done in stakes.slashes(0)] == [5_000]


# In blocks -----------------------------------------------------------------------------------


def chain_with_leavers(**params: int) -> Stakers:
    """Validator 0 signs height 2 twice; in block 1 four have left it, one of them for another."""
    chain = Stakers(unbonding_period=5, slash_block_entries=1, slash_double_sign=500, **params)
    for who in chain.people[:4]:
        chain.delegate(who, 0, ASY)
    for who in chain.people[:3]:
        chain.undelegate(who, 0, ASY)
    chain.redelegate(chain.people[3], 0, 1, ASY)
    return chain


def tell(chain: Stakers, height: int) -> None:
    """Go on until evidence against validator 0 is known at a height."""
    chain.end_block(height - 1 - chain.height)
    chain.misbehavior = [Misbehavior(chain.address(0), 2, 8)]
    chain.end_block()


def test_whoever_is_paid_while_a_slash_is_under_way_has_paid_before() -> None:
    """All four are over in block 6; only one of them is asked before its end."""
    chain = chain_with_leavers()
    before = [chain.balance(who) for who in chain.people[:3]]
    tell(chain, 6)
    assert len(slash_queue.load(chain.view).slashes) == 1
    chain.end_block()
    assert [chain.balance(who) for who in chain.people[:3]] == [amount + 950_000 for amount in before]
    assert chain.worth(chain.people[3], 1) == 950_000
    chain.end_block(3)
    assert not slash_queue.load(chain.view).slashes
    invariants.check_all(chain.view)
    assert ledger.supply(chain.view).burned == 8 * 50_000


OTHERS = (1, 2)
"""Validators that are not slashed; 0 is."""

acts = st.tuples(
    st.sampled_from(["undelegate", "redelegate", "delegate", "end_block"]),
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from(OTHERS),
    st.integers(1, 100),
)
"""What somebody does (what, who, where, whither, percent of what is there) or that a block ends."""


def perform(chain: Stakers, what: str, who: int, where: int, whither: int, percent: int) -> None:
    account = chain.people[who]
    amount = chain.worth(account, where) * percent // 100
    if what == "end_block":
        chain.end_block()
    elif what == "delegate":
        chain.delegate(account, where, percent * ASY // 100)
    elif amount and what == "undelegate":
        chain.undelegate(account, where, amount)
    elif amount and where != whither:
        chain.redelegate(account, where, whither, amount)


def holds(chain: Stakers, who: int) -> int:
    """What is somebody's, wherever it is."""
    account = chain.people[who]
    leaving = sum(entry.balance for entry in unbondings.by_delegator(chain.view, account.address))
    return chain.balance(account) + sum(chain.worth(account, n) for n in range(3)) + leaving


@given(before=st.lists(acts, max_size=12), meanwhile=st.lists(acts, max_size=12))
@settings(max_examples=25, deadline=None)
def test_whatever_people_do_meanwhile_everybody_pays_what_it_pays_at_once(
    before: list[tuple[str, int, int, int, int]], meanwhile: list[tuple[str, int, int, int, int]]
) -> None:
    slow, quick = (
        Stakers(unbonding_period=3, slash_double_sign=500, slash_block_entries=each) for each in (1, 10**6)
    )

    def both(doing: tuple[str, int, int, int, int]) -> None:
        try:
            perform(slow, *doing)
        except StakingError:
            return
        perform(quick, *doing)

    for who in range(3):
        both(("delegate", who, 0, 1, 100))
    both(("end_block", 0, 0, 1, 1))
    for doing in before:
        both(doing)
    seen = slow.height
    both(("end_block", 0, 0, 1, 1))  # what leaves in the next block is over one block after the slash begins
    for chain in (slow, quick):
        chain.misbehavior = [Misbehavior(chain.address(0), seen, chain.signing(seen)[chain.address(0)])]
    for doing in [("end_block", 0, 0, 1, 1), *meanwhile, *[("end_block", 0, 0, 1, 1)] * 30]:
        both(doing)
    assert not slash_queue.load(slow.view).slashes
    assert [done.burned for done in slashes(slow)] == [done.burned for done in slashes(quick)] != []
    assert [holds(slow, who) for who in range(3)] == [holds(quick, who) for who in range(3)]
    invariants.check_all(slow.view)


def slashes(chain: Stakers) -> list[SlashRecord]:
    return [SlashRecord.FromString(data) for _, data in chain.view.iterate(keys.SLASH)]


def _delegate(chain: Stakers) -> None:
    chain.delegate(chain.people[0], 0, ASY)


def _undelegate(chain: Stakers) -> None:
    chain.undelegate(chain.stakers[0], 0, ASY)


def _leave_for_another(chain: Stakers) -> None:
    chain.redelegate(chain.stakers[0], 0, 1, ASY)


def _come_from_another(chain: Stakers) -> None:
    chain.redelegate(chain.stakers[1], 1, 0, ASY)


def _cancel(chain: Stakers) -> None:
    chain.cancel(chain.people[0], 0, chain.leaving(chain.people[0], 0)[0].id, 1)


@pytest.mark.parametrize("act", [_delegate, _undelegate, _leave_for_another, _come_from_another, _cancel])
def test_nothing_comes_or_leaves_while_a_slash_is_under_way(act: Callable[[Stakers], None]) -> None:
    chain = chain_with_leavers()
    tell(chain, 3)
    with pytest.raises(BeingSlashed, match="a slash of the validator is under way"):
        act(chain)
    chain.delegate(chain.people[0], 1, ASY)
    chain.end_block(5)
    assert not slash_queue.load(chain.view).slashes
    if act is not _cancel:  # the validator is jailed now
        act(chain)


def test_a_slash_under_way_goes_on_in_the_chain_that_continues_this_one() -> None:
    chain = chain_with_leavers()
    tell(chain, 3)
    chain.end_block()
    ended = export.wind_up(chain.memory, CHAIN_ID, 3)
    assert len(slash_queue.load(ended).slashes) == 1
    imported = Overlay(MemoryState())
    write_genesis(imported, CHAIN_ID, json.dumps(export.app_state(ended)).encode(), 4)
    assert imported.get(keys.SLASH_QUEUE) == ended.get(keys.SLASH_QUEUE)
