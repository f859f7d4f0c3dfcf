"""Our rules against CometBFT's own light client: real blocks, made-up ones, and damaged ones."""

from __future__ import annotations

import itertools
import random
import re
from fractions import Fraction

import pytest
from tests.client.light.forge import (
    BLOCK_SECONDS,
    PEOPLE,
    START,
    Raw,
    Step,
    chain,
    damaged,
    equal,
    header_hash,
)
from tests.client.light.reference import Case, our_verdict, their_verdicts
from tests.client.light.test_vectors import NOW, RAW

from assay.client.light.header import NANOSECONDS
from assay.client.light.verify import TrustRules

MORE_LENIENT = re.compile("wrong signature|validator address mismatch|double vote")
"""CometBFT refuses a commit with such a vote; here it does not count, and the others must suffice."""
LEVELS = [TrustRules(level=Fraction(*level)) for level in ((1, 3), (1, 2), (2, 3), (1, 1))]


def check(cases: list[Case]) -> dict[str, int]:
    """Require the same verdicts; return how often each was given."""
    ours = list(map(our_verdict, cases))
    assert [verdict.split()[0] for verdict in their_verdicts(cases)] == ours
    return {verdict: ours.count(verdict) for verdict in ("ok", "trust", "refused")}


def test_every_pair_of_real_blocks_is_judged_alike() -> None:
    pairs = itertools.permutations(RAW.values(), 2)
    counts = check([Case(one, other, NOW) for one, other in pairs])
    assert min(counts.values()) > 50


def made_up(draw: random.Random) -> tuple[Raw, Raw, int]:
    """Two blocks of a chain with random validators, of which a random part has signed."""
    sets = [
        [(PEOPLE[who], draw.choice((1, 5, 10, 10, 33))) for who in draw.sample(range(6), draw.randint(1, 5))]
        for _ in range(2)
    ]
    steps = [Step(sets[0])] * draw.choice((1, 3)) + [
        Step(sets[1], signers=draw.sample(range(len(sets[1])), draw.randint(0, len(sets[1]))))
    ]
    blocks = chain(steps)
    return (
        blocks[1],
        blocks[len(steps)],
        START + draw.choice((-1, 30, 50, 10**7)) * BLOCK_SECONDS * NANOSECONDS,
    )


def test_made_up_blocks_are_judged_alike(seed: int) -> None:
    draw = random.Random(seed)
    cases = [Case(*made_up(draw), draw.choice(LEVELS)) for _ in range(1500)]
    counts = check(cases)
    assert min(counts.values()) > 50


def test_damaged_blocks_are_believed_only_where_the_reference_believes_them(seed: int) -> None:
    draw = random.Random(seed)
    steady = chain([Step(equal(0, 1, 2, 3))] * 3)
    genuine = {header_hash(raw) for raw in (*RAW.values(), *steady.values())}
    later = START + 50 * BLOCK_SECONDS * NANOSECONDS
    cases = []
    for _ in range(1500):
        if draw.random() < 0.5:
            one, other, now = RAW[1], RAW[draw.choice((2, 3, 6))], NOW
        else:
            one, other, now = steady[1], steady[draw.choice((2, 3))], later
        cases.append(Case(one, damaged(draw, other), now))
    ours = list(map(our_verdict, cases))
    for case, mine, theirs in zip(cases, ours, their_verdicts(cases), strict=True):
        assert mine != "ok" or theirs == "ok" or MORE_LENIENT.search(theirs), theirs
        assert mine != "ok" or header_hash(case.new) in genuine
    assert ours.count("refused") > 500


@pytest.mark.parametrize("level", LEVELS, ids=lambda rules: str(rules.level))
def test_the_trust_level_is_the_same_at_its_edge(level: TrustRules) -> None:
    """With 12 equal trusted validators, of whom 0 to 12 are still there."""
    later = START + 50 * BLOCK_SECONDS * NANOSECONDS
    people = list(range(12))
    cases = []
    for left in range(13):
        others = equal(*people[:left], *range(12, 20))
        blocks = chain([Step(equal(*people)), Step(equal(*people)), Step(others)])
        cases.append(Case(blocks[1], blocks[3], later, level))
    counts = check(cases)
    assert counts["trust"] == sum(
        left * level.level.denominator <= 12 * level.level.numerator for left in range(13)
    )
