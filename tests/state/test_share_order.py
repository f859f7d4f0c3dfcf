"""Shares in any order, by any way: the same integer and the same names; too few that agree decide nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.state.chain import Chain
from tests.state.conftest import CHAIN_ID

from assay.crypto.accounts import sign_committee_tx
from assay.crypto.committee.reed_solomon import interpolate_at
from assay.crypto.committee.subsets import quorum
from assay.crypto.presets import SMALL, threshold
from assay.crypto.ring import cipher_ring
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Opening
from assay.proto.tx_pb2 import CommitteeBody, ShareRun, VoteExtension
from assay.state import faults, openings
from assay.state.context import Context
from assay.state.envelope import CommitteeMessage, decode
from assay.state.handlers import committee
from assay.state.overlay import Overlay
from assay.state.rules import keys, scalars
from assay.state.rules.errors import NotAwaited

Q = SMALL.modulus
CONSTANT = 2**60 + 12345


@dataclass
class Asked:
    """A chain whose committee is asked to open one scalar and one coin."""

    chain: Chain
    size: int
    coin: Opening
    length: Opening

    def run(self, opening: Opening, arrivals: Sequence[tuple[int, int, bool]]) -> tuple[Any, set[int]]:
        """Let shares arrive as (member, share, by message); return what was opened and who was named."""
        ctx = Context(CHAIN_ID, self.chain.height, self.chain.params, Overlay(self.chain.memory))
        for member, share, by_message in arrivals:
            data = share.to_bytes(16, "little")
            if by_message:
                self.send(ctx, opening, member, data)
            else:
                runs = [ShareRun(first=opening.id, shares=data)]
                extension = VoteExtension(version=1, runs=runs)
                openings.record_extension(ctx, self.chain.seats[member].validator, extension)
        record = ctx.view.require(pb.Round, keys.round_(opening.round_id))
        named = {fault.member for fault in faults.listed(ctx.view)}
        assert {fault.kind for fault in faults.listed(ctx.view)} <= {pb.FAULT_KIND_WRONG_SCORE_SHARE}
        if opening.kind == pb.OPENING_KIND_COIN:
            return record.coin or record.reference_coin or None, named
        value = record.reference_lengths[opening.index]
        return scalars.decode(value) if value else None, named

    def send(self, ctx: Context, opening: Opening, member: int, data: bytes) -> None:
        body = CommitteeBody(version=1, key_id=opening.key_id, member=member, slot=opening.id, data=data)
        body.phase = tx_pb2.COMMITTEE_PHASE_SHARES
        raw = sign_committee_tx(self.chain.committee_keys[member], CHAIN_ID, body.SerializeToString())
        message = decode(raw, CHAIN_ID, 1 << 20)
        assert isinstance(message, CommitteeMessage)
        try:
            committee.execute(ctx, message)
        except NotAwaited:
            now = ctx.view.load(Opening, keys.opening(opening.id))
            answered = now is None or any(share.member == member for share in now.shares)
            assert answered, "an open question refused its answer"


@cache
def asked(size: int) -> Asked:
    """Two rounds of one committee: one awaits its coin, one the first length of its reference."""
    chain = Chain(seats=size)
    waiting, further = chain.open_round(), chain.open_round()
    chain.answer(further, stages=1)
    (coin,), (length, *_) = chain.asked(waiting), chain.asked(further)
    openings.complete_job(chain.ctx, length.id, CONSTANT, b"c" * 32)
    chain.end_block()
    return Asked(chain, size, coin, length)


@dataclass
class Case:
    """A polynomial of degree t, who answers otherwise and how, and the order in which answers arrive."""

    size: int
    coin: bool
    shares: Mapping[int, int]
    wrong: frozenset[int]
    arrivals: list[tuple[int, int, bool]]

    @property
    def value(self) -> int:
        """The integer that the right shares open."""
        right = {m: s for m, s in self.shares.items() if m not in self.wrong}
        base = dict(sorted(right.items())[: threshold(self.size) + 1])
        return cipher_ring(SMALL).signed(interpolate_at(base, 0, Q) + CONSTANT)


def on_polynomial(coefficients: Sequence[int], member: int) -> int:
    return sum(c * (member + 1) ** k for k, c in enumerate(coefficients)) % Q


@st.composite
def cases(draw: st.DrawFn, *, right: bool) -> Case:
    """Up to t wrong or missing if `right`; else fewer than 2t + 1 right ones."""
    size = draw(st.sampled_from([4, 7]))
    most, members = threshold(size), list(range(size))
    coefficients = [draw(st.integers(0, Q - 1)) for _ in range(most + 1)]
    away = draw(st.permutations(members))
    if right:
        bad = draw(st.integers(0, most))
        gone = draw(st.integers(0, most - bad))
    else:
        bad = draw(st.integers(0, quorum(size) - 1))
        gone = draw(st.integers(max(0, size - bad - quorum(size) + 1), size - bad))
    shares = {member: on_polynomial(coefficients, member) for member in members}
    wrong, missing = frozenset(away[:bad]), away[bad : bad + gone]
    another = [draw(st.integers(0, Q - 1)) for _ in range(most + 1)]
    for member in wrong:
        shares[member] = draw(st.sampled_from(_lies(shares[member], on_polynomial(another, member))))
    present = draw(st.permutations([member for member in members if member not in missing]))
    arrivals = [(m, shares[m], draw(st.booleans()) and shares[m] < Q) for m in present]
    repeated = draw(st.lists(st.sampled_from(arrivals), max_size=3)) if arrivals else []
    coin = draw(st.booleans())
    return Case(size, coin, {m: shares[m] for m in present}, wrong, [*arrivals, *repeated])


def _lies(share: int, conspired: int) -> list[int]:
    """One off, wrong modulo one prime only, not reduced, on a polynomial that all liars share."""
    first = SMALL.cipher_primes[0]
    lies = [(share + 1) % Q, (share + first) % Q, Q + 5, 2**128 - 1, conspired]
    return [lie for lie in lies if lie != share] or [(share + 1) % Q]


@settings(max_examples=400)
@given(case=cases(right=True), order=st.randoms(use_true_random=False))
def test_every_order_opens_the_same_integer_and_names_the_same_members(case: Case, order: Any) -> None:
    here = asked(case.size)
    opening = here.coin if case.coin else here.length
    found = here.run(opening, case.arrivals)
    assert found[1] == case.wrong
    assert found[0] is not None
    if not case.coin:
        assert found[0] == case.value
    shuffled = case.arrivals.copy()
    order.shuffle(shuffled)
    by_other_ways = [(m, share, not by_message and share < Q) for m, share, by_message in shuffled]
    assert here.run(opening, shuffled) == here.run(opening, by_other_ways) == found


@settings(max_examples=400)
@given(case=cases(right=False))
def test_below_the_quorum_of_agreeing_shares_nothing_is_decided_and_nobody_named(case: Case) -> None:
    here = asked(case.size)
    value, named = here.run(here.coin if case.coin else here.length, case.arrivals)
    assert value is None
    assert named == {member for member, share in case.shares.items() if share >= Q}


@settings(max_examples=200)
@given(case=cases(right=True), place=st.integers(0, 12), ways=st.tuples(st.booleans(), st.booleans()))
def test_who_says_two_different_things_is_named_whatever_comes_between(
    case: Case, place: int, ways: tuple[bool, bool]
) -> None:
    here = asked(case.size)
    opening = here.coin if case.coin else here.length
    honest = [item for item in case.arrivals if item[0] not in case.wrong]
    member, share, _ = honest[0]
    both = [(member, share, ways[0]), (member, (share + 1) % Q, ways[1])]
    for first, second in (both, both[::-1]):
        arrivals = [first, *(item for item in case.arrivals if item[0] != member)]
        arrivals.insert(1 + min(place, len(arrivals)), second)
        _, named = here.run(opening, arrivals)
        assert named >= {member}
