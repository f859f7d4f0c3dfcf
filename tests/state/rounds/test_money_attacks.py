"""Attacks on a bounty, carried out with real ciphertexts; each test says what the attacker gains or loses.

Transaction fees come on top (docs/money.md): these chains charge none. The figures are those of
tools/money_figures.py, which the masks of the opened scalars move a little; balances are exact.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_file_location
from math import sqrt
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tests.state.chain import BALANCE, Chain, Scores, Submission
from tests.state.committee import RealCommittee
from tests.state.live import Live, Vector, unit
from tests.state.rounds.test_with_committee import collect

from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Round
from assay.proto.tx_pb2 import MsgCancelRound
from assay.state import ledger
from assay.state.rules import outcomes
from assay.state.rules.errors import KeyNotReady, PayloadCopied, RoundFull
from assay.state.rules.payout import Outcome

BOUNTY, FEE, DEPOSIT, RESERVE = 1_000_000, 40_001, 10_000, 150_000
MASKED = 6_000
"""How far masks and noise of the small preset may move an amount: some scores, 2^-10 of a unit each."""


def _figures() -> ModuleType:
    """Load the tool, which is no part of the package."""
    path = Path(__file__).parents[3] / "tools" / "money_figures.py"
    spec = spec_from_file_location("money_figures", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


figures: Any = _figures()
COMMITTEE = BOUNTY * figures.COMMITTEE_SHARE // 10_000
"""What the committee gets of a bounty that is paid, whoever is paid the rest."""


@pytest.fixture
def live(tmp_path: Path) -> Live:
    """A chain with the committee's share that the figures are worked out for."""
    return Live(RealCommittee(Chain(committee_share=figures.COMMITTEE_SHARE), tmp_path))


def vector(update: Sequence[int]) -> Vector:
    """A vector of the tool for a model of eleven parameters: its first ten axes and its last."""
    return np.array([*update[:10], update[-1]], dtype=np.float64) / figures.LENGTH


HONEST = [vector(figures.honest(number)) for number in range(3)]
TASK = vector(figures.along((0, 1)))


def play(live: Live, reference: Vector, updates: list[Vector], reserves: Sequence[int] = ()) -> Round:
    """A whole round, at least three paid; contributor n submits update n."""
    chain = live.chain
    terms = {"min_contributors": 3, "max_contributors": len(updates)}
    round_id = live.open_round(reference, **terms)
    live.run_until(round_id, pb.ROUND_STATUS_OPEN)
    kept = [*reserves, *[0] * (len(updates) - len(reserves))]
    subs = [
        Submission(chain.people[n], round_id, live.encrypt(update, n, round_id), reserve=kept[n])
        for n, update in enumerate(updates)
    ]
    for kind in ("commit", "reveal"):
        for sub in subs:
            chain.run(kind, sub.sender, getattr(sub, kind))
        chain.end_block()
    record = live.run_until(round_id, pb.ROUND_STATUS_SETTLED, pb.ROUND_STATUS_REFUNDED)
    live.committee.block()  # members post their sealed shares
    return record


def gains(chain: Chain, *numbers: int) -> list[int]:
    """What contributors have gained since the beginning, in uasy."""
    return [chain.balance(chain.people[n]) - BALANCE for n in numbers]


def owner_gain(chain: Chain) -> int:
    return chain.balance(chain.owner) - BALANCE


# --- an owner and its puppets ------------------------------------------------


def test_puppets_that_submit_the_reference_buy_the_honest_sum_cheaply(live: Live) -> None:
    """The owner pays 334,000 uasy instead of 1,000,000 for the honest sum; the honest set no reserve."""
    record = play(live, TASK, [*HONEST, TASK, TASK, TASK])
    assert record.outcome == Outcome.PAID.value
    chain, expected = live.chain, figures.reference_as_update(3)
    honest = gains(chain, 0, 1, 2)
    assert honest == pytest.approx([expected.each] * 3, abs=MASKED)
    # Owner and puppets together have lost exactly what the honest and the committee have gained.
    assert owner_gain(chain) + sum(gains(chain, 3, 4, 5)) == -FEE - COMMITTEE - sum(honest)
    assert collect(live, record.id) - 3 * TASK == pytest.approx(sum(HONEST), abs=0.02)


def test_reserves_keep_the_honest_sum_from_puppets(live: Live) -> None:
    """The owner has lost 40,001 uasy of scoring fee and 10,000 of share; the honest gain and lose nothing."""
    record = play(live, TASK, [*HONEST, TASK, TASK, TASK], [RESERVE] * 3)
    chain = live.chain
    assert gains(chain, 0, 1, 2) == [0, 0, 0]
    assert owner_gain(chain) + sum(gains(chain, 3, 4, 5)) == -FEE - COMMITTEE
    assert record.outcome == Outcome.PAID.value  # the three puppets are
    assert collect(live, record.id) == pytest.approx(3 * TASK, abs=0.02)


def test_one_puppet_cannot_underbid_reserves_that_are_met(live: Live) -> None:
    """The owner pays 577,000 uasy: what the honest are offered is above their reserves."""
    play(live, TASK, [*HONEST, TASK], [RESERVE] * 3)
    honest, expected = gains(live.chain, 0, 1, 2), figures.reference_as_update(1, RESERVE)
    assert expected.bought
    assert honest == pytest.approx([expected.each] * 3, abs=MASKED)
    assert owner_gain(live.chain) + sum(gains(live.chain, 3)) == -FEE - COMMITTEE - sum(honest)


def test_a_reference_that_is_the_puppets_own_update_buys_nothing(live: Live) -> None:
    """The owner has lost 50,001 uasy, fee and committee's share, and gets the sum of its own puppets."""
    puppet = vector(figures.along((79, 1)))
    record = play(live, puppet, [*HONEST, puppet, puppet, puppet])
    chain = live.chain
    assert gains(chain, 0, 1, 2) == [0, 0, 0]
    statuses = [chain.contribution(record.id, chain.people[n]).status for n in range(3)]
    assert statuses == [pb.CONTRIBUTION_STATUS_UNPAID] * 3
    assert owner_gain(chain) + sum(gains(chain, 3, 4, 5)) == -FEE - COMMITTEE
    assert collect(live, record.id) == pytest.approx(3 * puppet, abs=0.02)


def test_a_reference_bent_towards_a_puppet_lowers_the_price_as_far_as_reserves_let_it(live: Live) -> None:
    """Half bent, the owner pays 392,000 uasy for the honest sum; reserves of 150,000 would have refused."""
    puppet = vector(figures.along((79, 1)))
    play(live, unit(puppet + TASK), [*HONEST, puppet, puppet, puppet])
    honest, expected = gains(live.chain, 0, 1, 2), figures.bent_reference(50)
    assert honest == pytest.approx([expected.each] * 3, abs=MASKED)
    assert not figures.bent_reference(50, RESERVE).bought
    assert owner_gain(live.chain) + sum(gains(live.chain, 3, 4, 5)) == -FEE - COMMITTEE - sum(honest)


def test_a_puppet_cannot_reveal_the_very_bytes_of_the_reference(live: Live) -> None:
    """It loses its deposit of 10,000 uasy: a payload belongs to the one it was made for."""
    chain, round_id = live.chain, live.open_round(TASK, max_contributors=2)
    live.run_until(round_id, pb.ROUND_STATUS_OPEN)
    sealed = live.encrypt(TASK, 10_000)
    subs = [Submission(chain.people[0], round_id, sealed), chain.submission(round_id, 1)]
    for sub in subs:
        chain.run("commit", sub.sender, sub.commit)
    with pytest.raises(PayloadCopied):
        chain.run("reveal", subs[0].sender, subs[0].reveal)
    chain.end_block(12)
    assert gains(chain, 0) == [-DEPOSIT]


# --- one contributor as several ----------------------------------------------


@pytest.mark.parametrize("copies", [1, 2, 4])
def test_clones_of_one_update_earn_more_together(live: Live, copies: int) -> None:
    """Alone a contributor earns 330,000 uasy, as two 429,000, as four 556,000. Nothing stops it."""
    own = vector(figures.honest(2))
    play(live, TASK, [HONEST[0], HONEST[1], *[own] * copies])
    together = gains(live.chain, *range(2, 2 + copies))
    assert sum(together) == pytest.approx(figures.clones(copies), abs=MASKED)
    assert sum(together) + sum(gains(live.chain, 0, 1)) == BOUNTY - COMMITTEE
    assert owner_gain(live.chain) == -BOUNTY - FEE


@pytest.mark.parametrize("parts", [2, 4])
def test_data_split_into_parts_earns_less_than_clones_and_more_than_one(live: Live, parts: int) -> None:
    """Two parts earn 392,000 uasy together and four 455,000, instead of 330,000."""
    noise = 4 * sqrt(parts)
    own = [unit(np.eye(11)[0] * 3 + np.eye(11)[3 + n] * noise) for n in range(parts)]
    play(live, TASK, [HONEST[0], HONEST[1], *own])
    together = sum(gains(live.chain, *range(2, 2 + parts)))
    assert together == pytest.approx(figures.split(parts), abs=MASKED)
    assert figures.split(1) < figures.split(parts) < figures.clones(parts)


def test_reserves_of_the_honest_take_nothing_from_clones_and_give_them_nothing(live: Live) -> None:
    """Five clones earn what they are offered, 604,000 uasy; what the honest refuse goes to the owner."""
    own = vector(figures.honest(2))
    play(live, TASK, [HONEST[0], HONEST[1], *[own] * 5], [200_000] * 2)
    together = gains(live.chain, *range(2, 7))
    assert gains(live.chain, 0, 1) == [0, 0]
    assert sum(together) == pytest.approx(figures.clones(5), abs=MASKED)
    assert owner_gain(live.chain) == -FEE - COMMITTEE - sum(together)


# --- places taken to keep others out -----------------------------------------


def test_commitments_on_all_places_that_are_never_revealed_burn(chain: Chain) -> None:
    """The attacker loses a deposit a place, 40,000 uasy for four; the owner loses the scoring fee, 40,001."""
    round_id = chain.opened()
    for number in range(4):
        sub = chain.submission(round_id, number)
        chain.run("commit", sub.sender, sub.commit)
    late = chain.submission(round_id, 4)
    with pytest.raises(RoundFull):
        chain.run("commit", late.sender, late.commit)
    chain.end_block(11)
    assert chain.round(round_id).outcome == outcomes.TOO_FEW_REVEALED
    assert gains(chain, 0, 1, 2, 3, 4) == [-DEPOSIT] * 4 + [0]
    assert owner_gain(chain) == -FEE
    assert ledger.supply(chain.view).burned == 4 * DEPOSIT


def blocked(chain: Chain, honest: int, attackers: int) -> Round:
    """A round in which attackers set reserves that nobody can pay."""
    count = honest + attackers
    round_id = chain.revealed(count, (0,) * honest + (2**63,) * attackers, min_contributors=3)
    scores = {who.address: {"alignment": 0.5, "aggregate": 0.25 * count + 0.75} for who in chain.people}
    chain.answer(round_id, Scores(by_sender=scores))
    return chain.round(round_id)


def test_reserves_nobody_can_pay_block_a_round_only_from_all_places_but_two(chain: Chain) -> None:
    """The attacker gains nothing and loses its fees; the owner loses 40,001 uasy, the honest nothing."""
    record = blocked(chain, honest=2, attackers=2)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_REFUNDED, Outcome.TOO_FEW_PAID.value)
    assert gains(chain, 0, 1, 2, 3) == [0] * 4
    assert owner_gain(chain) == -FEE


def test_with_three_honest_places_the_same_reserves_only_save_the_owner_money(chain: Chain) -> None:
    """The attacker gains nothing; what it was offered, 400,000 uasy, goes back to the owner."""
    record = blocked(chain, honest=3, attackers=2)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_SETTLED, Outcome.PAID.value)
    assert gains(chain, 0, 1, 2, 3, 4) == [200_000] * 3 + [0] * 2
    assert owner_gain(chain) == -FEE - 600_000


def test_a_key_taken_and_thrown_away_costs_the_scoring_fee(chain: Chain) -> None:
    """The attacker loses 40,001 uasy a key, which the committee earns; the next owner waits for a key."""
    message = chain.terms()
    chain.run("open_round", chain.owner, message)
    with pytest.raises(KeyNotReady):
        chain.run("open_round", chain.owner, message)
    chain.run("cancel_round", chain.owner, MsgCancelRound(round_id=1))
    with pytest.raises(KeyNotReady):
        chain.run("open_round", chain.owner, message)
    assert owner_gain(chain) == -FEE
    assert chain.balance(chain.operators[0]) == FEE


# --- a reference of another length -------------------------------------------


def test_a_reference_whose_length_wraps_around_the_modulus_to_one_loses_its_fee(live: Live) -> None:
    """The owner loses 40,001 uasy, and nobody can commit; the norm alone would have let it pass."""
    wrapped = sqrt(1 + SMALL.modulus / SMALL.unit) * unit(np.ones(11))
    message = np.round(wrapped * SMALL.scale).astype(object)
    norm = 4 * int(message @ message) % SMALL.modulus
    assert abs(norm - SMALL.unit) < SMALL.unit // 256
    round_id = live.open_round(wrapped)
    record = live.run_until(round_id, pb.ROUND_STATUS_REFUNDED)
    assert record.outcome == outcomes.BAD_REFERENCE
    assert not record.reference_norm, "the lengths reject it before its norm is opened"
    assert (owner_gain(live.chain), record.committed) == (-FEE, 0)
