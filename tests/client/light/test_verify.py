"""Headers that do not follow from the trusted one, and what is said of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from typing import Any

import pytest
from tests.client.light.forge import (
    BLOCK_SECONDS,
    PEOPLE,
    START,
    Raw,
    Step,
    chain,
    equal,
    with_header,
)

from assay.client import ProofInvalid
from assay.client.light.errors import HeaderInvalid, NotEnoughTrust, TooLittlePower, TrustExpired
from assay.client.light.header import NANOSECONDS, LightBlock, merkle_root
from assay.client.light.parse import light_block
from assay.client.light.verify import MAX_POWER, TrustRules, check_backwards, check_forwards

FOUR = equal(0, 1, 2, 3)
NOW = START + 20 * BLOCK_SECONDS * NANOSECONDS
RULES = TrustRules()


def parsed(raw: Raw) -> LightBlock:
    return light_block(raw["signed_header"], raw["validators"])


def blocks(*steps: Step) -> list[LightBlock]:
    return [parsed(raw) for raw in chain(steps).values()]


def test_more_than_two_thirds_must_have_signed() -> None:
    first, three, two = blocks(Step(FOUR), Step(FOUR, signers=(0, 1, 3)), Step(FOUR, signers=(0, 1)))
    check_forwards(first, three, NOW, RULES)
    with pytest.raises(TooLittlePower, match="20 of 40 voting power has signed it, and more than 2/3"):
        check_forwards(three, two, NOW, RULES)
    exactly = [(PEOPLE[0], 20), (PEOPLE[1], 10)]
    first, third = blocks(Step(exactly), Step(exactly, signers=(0,)))
    with pytest.raises(TooLittlePower, match="20 of 30"):
        check_forwards(first, third, NOW, RULES)


def test_power_counts_and_not_heads() -> None:
    uneven = [(PEOPLE[0], 70), (PEOPLE[1], 10), (PEOPLE[2], 10), (PEOPLE[3], 10)]
    first, rich, poor = blocks(Step(uneven), Step(uneven, signers=(0,)), Step(uneven, signers=(1, 2, 3)))
    check_forwards(first, rich, NOW, RULES)
    with pytest.raises(TooLittlePower, match="30 of 100"):
        check_forwards(rich, poor, NOW, RULES)


def test_one_third_of_the_trusted_validators_is_not_enough_to_skip() -> None:
    three = equal(0, 1, 2)
    first, _, one_left, two_left = blocks(
        Step(three), Step(three), Step(equal(2, 4, 5, 6)), Step(equal(1, 2, 4, 5))
    )
    with pytest.raises(NotEnoughTrust, match="of the validators trusted there, 10 of 30 voting power"):
        check_forwards(first, one_left, NOW, RULES)
    check_forwards(first, two_left, NOW, RULES)
    with pytest.raises(NotEnoughTrust, match="more than 4/5 must have"):
        check_forwards(first, two_left, NOW, TrustRules(level=Fraction(4, 5)))


def test_the_next_header_must_have_the_validators_that_were_named() -> None:
    honest = blocks(Step(FOUR), Step(FOUR))
    forged = parsed(chain([Step(FOUR), Step(equal(7, 8, 9))])[2])
    with pytest.raises(HeaderInvalid, match="are not those that the header before has named"):
        check_forwards(honest[0], forged, NOW, RULES)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (with_header(chain_id="other"), "belongs to the chain 'other', not to 'forged-1'"),
        (with_header(block_version=12), "its block version is 12"),
        (with_header(time=START), "not after that of the trusted header"),
        (with_header(time=NOW + 10 * NANOSECONDS), "or the clock is slow"),
        (with_header(validators_hash=b""), "names no validators"),
        (with_header(next_validators_hash=bytes(31)), "names no validators"),
        (with_header(proposer_address=b""), "its height or proposer is none"),
        (with_header(height=1), "does not come after the trusted header"),
    ],
)
def test_a_signed_header_that_cannot_be_is_refused(change: Any, sentence: str) -> None:
    """Whoever signs such a header breaks the rules; the client does not follow."""
    first, second = blocks(Step(FOUR), Step(FOUR, header=change))
    with pytest.raises(HeaderInvalid, match=sentence):
        check_forwards(first, second, NOW, RULES)


def altered(path: str, value: Any) -> Callable[[Raw], None]:
    """Change one field of what the node sends."""

    def change(raw: Raw) -> None:
        *parents, last = path.split(".")
        at: Any = raw
        for name in parents:
            at = at[int(name)] if name.isdigit() else at[name]
        at[int(last) if last.isdigit() else last] = value

    return change


HEADER = "signed_header.header."
COMMIT = "signed_header.commit."


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (altered(HEADER + "app_hash", "AB" * 32), "its commit is for another block; the header was altered"),
        (altered(HEADER + "app_hash", ""), "its commit is for another block"),
        (altered(HEADER + "version.app", "2"), "its commit is for another block"),
        (altered(HEADER + "time", "2020-01-01T00:00:00Z"), "its commit is for another block"),
        (altered(HEADER + "last_block_id.hash", "AB" * 32), "its commit is for another block"),
        (altered(HEADER + "validators_hash", "AB" * 32), "validators the node sent are not those"),
        (altered("validators.0.voting_power", "11"), "validators the node sent are not those"),
        (altered("validators.0.voting_power", "0"), "no voting power"),
        (altered("validators.0.voting_power", str(MAX_POWER)), "more than there can be"),
        (altered(COMMIT + "height", "3"), "its commit is for another block"),
        (lambda raw: raw["validators"].pop(), "validators the node sent are not those"),
        (lambda raw: raw["validators"].append(raw["validators"][0]), "is there twice"),
        (lambda raw: raw["validators"].reverse(), "validators the node sent are not those"),
        (lambda raw: raw["validators"].clear(), "no voting power"),
        (lambda raw: raw["signed_header"]["commit"]["signatures"].pop(), "not one place for each validator"),
        (altered(COMMIT + "round", 1), r"0 of 40 voting power has signed it .3 of the signatures are wrong"),
        (altered(COMMIT + "block_id.parts.total", 2), "0 of 40 voting power"),
        (altered(COMMIT + "signatures.0.signature", "A" * 86 + "=="), "20 of 40"),
        (lambda raw: raw["signed_header"]["commit"]["signatures"].reverse(), "0 of 40"),
    ],
)
def test_what_a_node_alters_is_noticed(change: Callable[[Raw], Any], sentence: str) -> None:
    made = chain([Step(FOUR), Step(FOUR, signers=(0, 1, 2))])  # one signature less would be too few
    spoiled = copy.deepcopy(made[2])
    change(spoiled)
    with pytest.raises(HeaderInvalid, match=sentence) as error:
        check_forwards(parsed(made[1]), parsed(spoiled), NOW, RULES)
    assert isinstance(error.value, ProofInvalid)
    assert "Do not trust this node" in str(error.value)


def test_a_vote_for_another_block_or_of_another_validator_does_not_count() -> None:
    made = chain([Step(FOUR), Step(FOUR)])
    other = chain([Step(FOUR), Step(FOUR, header=with_header(app_hash=bytes(32)))])
    mixed = copy.deepcopy(made[2])
    places = mixed["signed_header"]["commit"]["signatures"]
    places[0] = other[2]["signed_header"]["commit"]["signatures"][0]
    places[1] = places[2]
    with pytest.raises(TooLittlePower, match=r"20 of 40 voting power has signed it .1 of the"):
        check_forwards(parsed(made[1]), parsed(mixed), NOW, RULES)
    nil = copy.deepcopy(made[2])
    for place in nil["signed_header"]["commit"]["signatures"][:2]:
        place["block_id_flag"] = 3
    with pytest.raises(TooLittlePower, match="20 of 40"):
        check_forwards(parsed(made[1]), parsed(nil), NOW, RULES)


def test_one_vote_is_not_counted_twice_when_skipping() -> None:
    """Validators of the new set may be anybody; the trusted one that signed is still one."""
    three = equal(0, 1, 2)
    first, _, third = blocks(Step(three), Step(three), Step(equal(0, 7)))
    doubled = replace(third.commit, signatures=third.commit.signatures * 2)
    with pytest.raises(NotEnoughTrust, match="10 of 30"):
        check_forwards(first, third, NOW, RULES)
    with pytest.raises(HeaderInvalid, match="not one place"):
        check_forwards(first, replace(third, commit=doubled), NOW, RULES)


def test_trust_ends_with_its_period() -> None:
    first, second = blocks(Step(FOUR), Step(FOUR))
    rules = TrustRules(period=60 * NANOSECONDS)
    check_forwards(first, second, first.header.time + 60 * NANOSECONDS - 1, rules)
    with pytest.raises(TrustExpired, match=r"the newest trusted header, 1 of .* --trust HEIGHT:HASH"):
        check_forwards(first, second, first.header.time + 60 * NANOSECONDS, rules)


def test_the_header_before_is_the_one_that_was_named() -> None:
    first, second, third = blocks(Step(FOUR), Step(FOUR), Step(FOUR))
    check_backwards(third.header, second.header)
    with pytest.raises(HeaderInvalid, match="it is not the one that the header after it names"):
        check_backwards(third.header, first.header)
    with pytest.raises(HeaderInvalid, match="belongs to the chain"):
        check_backwards(third.header, replace(second.header, chain_id="other"))


@pytest.mark.parametrize(
    "rules", [{"period": 0}, {"level": Fraction(1, 4)}, {"level": Fraction(5, 4)}], ids=str
)
def test_rules_that_would_not_be_safe_are_refused(rules: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="trust"):
        TrustRules(**rules)


@pytest.mark.parametrize(("count", "split"), [(2, 1), (3, 2), (4, 2), (5, 4), (7, 4), (9, 8)])
def test_a_tree_is_split_at_the_largest_power_of_two_below(count: int, split: int) -> None:
    items = [bytes([number]) for number in range(count)]
    halves = merkle_root(items[:split]), merkle_root(items[split:])
    assert merkle_root(items) == sha256(b"\x01" + b"".join(halves)).digest()
