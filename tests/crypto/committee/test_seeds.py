"""Dealing: what holders get, and how cheating shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from assay.crypto.committee import messages, seeds
from assay.crypto.committee.messages import BOX_BYTES, MessageError, box_offset
from assay.crypto.committee.seeds import Complaint
from assay.crypto.committee.subsets import dealer, dealt, held, holders, subsets

SIZES = pytest.mark.parametrize("n", [1, 4, 7])
SEED_OF_LAST = -1


@pytest.fixture
def dealings(committee: Callable[..., Any]) -> Callable[[int], tuple[Any, dict[int, bytes]]]:
    def make(n: int) -> tuple[Any, dict[int, bytes]]:
        made = committee(n)
        return made, {member.number: member.seeds_data(made.joins) for member in made.members}

    return make


def receive(made: Any, member: int, sent: dict[int, bytes], joins: Any = None) -> Any:
    secret = made.members[member]._secrets.exchange_secret
    return seeds.receive(made.key, member, secret, joins or made.joins, sent)


@SIZES
def test_every_holder_gets_the_same_seeds(n: int, dealings: Callable[[int], Any]) -> None:
    made, sent = dealings(n)
    seen: dict[int, set[bytes]] = {}
    for member in range(n):
        got, complaints = receive(made, member, sent)
        assert complaints == ()
        assert tuple(got) == held(n, member)
        for number, seed in got.items():
            seen.setdefault(number, set()).add(seed)
    assert len(seen) == len(subsets(n))
    assert all(len(values) == 1 for values in seen.values())


@SIZES
def test_no_member_can_open_a_box_of_a_seed_it_does_not_hold(n: int, dealings: Callable[[int], Any]) -> None:
    made, sent = dealings(n)
    for number, subset in enumerate(subsets(n)):
        source = dealer(n, number)
        boxes = [
            sent[source][start : start + BOX_BYTES]
            for start in (box_offset(n, number, holder) for holder in holders(n, number))
        ]
        for outsider in subset:
            secret = made.members[outsider]._secrets.exchange_secret
            assert all(seeds.unseal(box, secret) is None for box in boxes)


def test_dealing_again_gives_the_same_bytes(dealings: Callable[[int], Any]) -> None:
    assert dealings(4)[1] == dealings(4)[1]


def corrupt(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize("n", [4, 7])
def test_a_bad_box_is_complained_of_by_its_owner_and_by_every_other_holder(
    n: int, dealings: Callable[[int], Any]
) -> None:
    made, sent = dealings(n)
    number = dealt(n, 0)[SEED_OF_LAST]
    victim = holders(n, number)[-1]
    bad = sent | {0: corrupt(sent[0], box_offset(n, number, victim) + 40)}
    got, complaints = receive(made, victim, bad)
    assert complaints == (Complaint(0, number, None),)
    assert number not in got
    for holder in holders(n, number)[:-1]:
        got, complaints = receive(made, holder, bad)
        assert complaints == (Complaint(0, number, got[number]),)
    seed = made.members[0]._secrets.drawn[number]
    # The dealer opens the seed: everybody sees that the box was bad; an honest one would not have been.
    assert not seeds.dealt_honestly(made.key, number, seed, made.joins, bad[0])
    assert seeds.dealt_honestly(made.key, number, seed, made.joins, sent[0])


@pytest.mark.parametrize("n", [4, 7])
def test_a_seed_that_does_not_match_its_hash_is_complained_of_by_all(
    n: int, dealings: Callable[[int], Any]
) -> None:
    made, sent = dealings(n)
    number = dealt(n, 1)[0]
    hashes = list(made.joins[1].seed_hashes)
    hashes[0] = bytes(32)
    joins = [*made.joins]
    joins[1] = replace(made.joins[1], seed_hashes=tuple(hashes))
    for holder in holders(n, number):
        got, complaints = receive(made, holder, sent, joins)
        assert complaints == (Complaint(1, number, None),)
        assert number not in got
    seed = made.members[1]._secrets.drawn[number]
    assert not seeds.dealt_honestly(made.key, number, seed, joins, sent[1])


def test_opening_another_seed_than_was_dealt_convicts_the_dealer(dealings: Callable[[int], Any]) -> None:
    made, sent = dealings(4)
    for wrong in (bytes(32), b"", bytes(31)):
        assert not seeds.dealt_honestly(made.key, 0, wrong, made.joins, sent[dealer(4, 0)])


def test_a_false_complaint_is_refuted(dealings: Callable[[int], Any]) -> None:
    made, sent = dealings(7)
    for number in range(len(subsets(7))):
        source = dealer(7, number)
        seed = made.members[source]._secrets.drawn[number]
        assert seeds.dealt_honestly(made.key, number, seed, made.joins, sent[source])


def test_hashes_are_bound_to_key_and_seed_number(committee: Callable[..., Any]) -> None:
    key = committee(4).key
    other = replace(key, key_id=key.key_id + 1)
    seed = bytes(32)
    hashes = {seeds.seed_hash(key, 0, seed), seeds.seed_hash(key, 1, seed), seeds.seed_hash(other, 0, seed)}
    assert len(hashes) == 3


def test_boxes_of_one_seed_have_different_ephemeral_keys(dealings: Callable[[int], Any]) -> None:
    _, sent = dealings(7)
    starts = range(0, messages.seeds_size(7, 0), BOX_BYTES)
    assert len({sent[0][start : start + 32] for start in starts}) == len(starts)


@SIZES
def test_opened_seeds_are_those_that_were_announced_or_refused(
    n: int, dealings: Callable[[int], Any]
) -> None:
    made, _ = dealings(n)
    for member in range(n):
        right = {number: made.seeds[number] for number in held(n, member)}
        data = b"".join(right.values())
        assert seeds.parse_opened(made.key, member, made.joins, data) == right
        for wrong in (data[:-1] + bytes((data[-1] ^ 1,)), bytes((data[0] ^ 1,)) + data[1:]):
            with pytest.raises(MessageError, match="do not have the hashes"):
                seeds.parse_opened(made.key, member, made.joins, wrong)
        for wrong in (data[:-32], data + data[:32], data + b"\0"):
            with pytest.raises(MessageError, match="seeds, not"):
                seeds.parse_opened(made.key, member, made.joins, wrong)
