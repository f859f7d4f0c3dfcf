"""Slashes worked out by hand: the tables of tests/vectors/slashing.md."""

from __future__ import annotations

import re

import pytest
from tests.state.handmade import Row, number, table
from tests.state.slashing.stakes import Stakes

from assay.proto.staking_pb2 import SLASH_REASON_COMMITTEE_FAULT, SLASH_REASON_DOUBLE_SIGN
from assay.state import slashing
from assay.state.context import Misbehavior
from assay.state.validators import signing, slash_queue


def slug(case: str) -> str:
    """A case in one word, as mutation patches name tests."""
    return case.replace(" ", "-")


def chains(rows: list[Row]) -> list[list[Row]]:
    """Put rows that go on with the state of the row above together with it."""
    found: list[list[Row]] = []
    for row in rows:
        if row[0].startswith("then:"):
            found[-1].append(row)
        else:
            found.append([row])
    return found


def write_down(row: Row) -> Stakes:
    """The state of a row: validator 0 is slashed, the others have what moved."""
    stakes = Stakes(unbonding_period=60)
    stakes.validator(0, number(row[4]))
    for item in filter(None, row[5].split("; ")):
        amount, height, left = re.fullmatch(r"([\d,]+) at (\d+)(?:, ([\d,]+) left)?", item).groups()  # type: ignore[union-attr]
        entry = stakes.unbonding(0, number(amount), int(height))
        if left:
            stakes.take(entry, number(amount) - number(left))
    if row[6]:
        _move(stakes, row[6])
    return stakes


def _move(stakes: Stakes, item: str) -> None:
    pattern = r"([\d,]+) at (\d+)(?:, (?:([\d,]+) leaving|(halved)))?"
    amount, height, leaving, halved = re.fullmatch(pattern, item).groups()  # type: ignore[union-attr]
    stakes.validator(1, 1_000_000)
    stakes.redelegation(0, 1, number(amount), int(height))
    if leaving:
        stakes.undelegate(b"d" * 20, 1, number(leaving))
    if halved:
        tokens = stakes.record(1).tokens
        slashing.slash(stakes.ctx, stakes.record(1), 100, tokens, 5_000, SLASH_REASON_DOUBLE_SIGN)


@pytest.mark.parametrize("rows", chains(table("slashing.md", "Who pays")), ids=lambda rows: slug(rows[0][0]))
def test_who_pays(rows: list[Row]) -> None:
    check_who_pays(rows, 1_000)


@pytest.mark.parametrize("rows", chains(table("slashing.md", "Who pays")), ids=lambda rows: slug(rows[0][0]))
def test_who_pays_if_one_is_asked_in_each_block(rows: list[Row]) -> None:
    check_who_pays(rows, 1)


def check_who_pays(rows: list[Row], each: int) -> None:
    stakes = write_down(rows[0])
    stakes.ctx.params.slash_block_entries = each
    for row in rows:
        before, supply = stakes.record(0).tokens, stakes.supply()
        stake, rate, since = (number(cell) for cell in row[1:4])
        leaving, moved, tokens = (number(cell) for cell in row[7:10])
        slashing.slash(stakes.ctx, stakes.record(0), since, stake, rate, SLASH_REASON_COMMITTEE_FAULT, 7)
        slashing.end_block(stakes.ctx)
        while slash_queue.load(stakes.ctx.view).slashes:
            slashing.end_block(stakes.ctx)
        burned = supply - stakes.supply()
        assert burned == leaving + moved + tokens
        assert stakes.record(0).tokens == before - tokens
        stakes.check_pools()
        if burned:
            done = stakes.slashes(0)[-1]
            assert (done.from_unbonding, done.from_redelegation, done.burned) == (leaving, moved, burned)
            assert (done.infraction_height, done.fraction, done.key_id) == (since, rate, 7)
    assert len(stakes.slashes(0)) == sum(any(number(cell) for cell in row[7:10]) for row in rows)


@pytest.mark.parametrize("row", table("slashing.md", "Which evidence counts"), ids=lambda row: slug(row[0]))
def test_which_evidence_counts(row: Row) -> None:
    signed, told, since = (int(cell) for cell in row[1:4])
    stakes = Stakes(unbonding_period=60, slash_double_sign=500)
    stakes.ctx.height = told
    stakes.validator(0, 100_000_000, created=since)
    info = signing.load(stakes.ctx.view, stakes.address(0))
    info.tombstoned = row[4] == "yes"
    signing.save(stakes.ctx.view, info)
    slashing.begin_block(stakes.ctx, (), [Misbehavior(stakes.address(0), signed, 100)])
    counts = row[5] == "yes"
    assert stakes.record(0).tokens == 100_000_000 - (5_000_000 if counts else 0)
    assert stakes.record(0).jailed == counts
    assert signing.is_tombstoned(stakes.ctx.view, stakes.address(0)) == (counts or row[4] == "yes")
    assert [done.reason for done in stakes.slashes(0)] == ([SLASH_REASON_DOUBLE_SIGN] if counts else [])
