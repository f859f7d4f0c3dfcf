"""Rounds that pay nobody: everything goes back to where it came from, except what somebody forfeits."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.e2e.chain import books
from tests.e2e.chain.network import CHAIN_ID
from tests.e2e.chain.people import (
    ASY,
    Bounty,
    Person,
    contribute,
    people,
    post_model,
    until_status,
    write_parts,
)
from tests.e2e.conftest import RunningNode

from assay.client import Client, QueryRefused, messages
from assay.client.bounty import Terms
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Round
from assay.state.rules import keys, windows
from assay.state.rules.errors import NotFound

pytestmark = pytest.mark.e2e

BOUNTY, DEPOSIT, FEE = 10 * ASY, 200_000, 30_001
COMMIT_WINDOW, REVEAL_WINDOW = 12, 12


def terms(**changes: int) -> Terms:
    """A round of two that ends soon."""
    usual = {"min_contributors": 2, "max_contributors": 2, "commit_window": COMMIT_WINDOW}
    return Terms(BOUNTY, FEE, DEPOSIT, **{**usual, "reveal_window": REVEAL_WINDOW, **changes})


async def setting(client: Client, folder: Path) -> tuple[Bounty, list[Person], list[Path]]:
    owner, *crowd = await people(client, folder, ["owner", "first", "second"])
    held_out, *parts = write_parts(folder, [100, 80, 60])
    return await post_model(client, owner, held_out), crowd, parts


async def check_nothing_is_kept(client: Client, record: Round) -> None:
    """The key is over, and the payloads are gone."""
    assert (await client.query.key(record.key_id)).value.status == pb.KEY_STATUS_RETIRED
    items = (await client.query.contributions(record.id)).value
    for digest in (record.reference, *(item.payload for item in items if item.payload)):
        with pytest.raises(QueryRefused) as gone:
            await client.query.bulk(keys.round_scope(record.id), digest)
        assert gone.value.reason is NotFound


async def test_too_few_commitments_refund_all_but_the_committee_s_fee(client: Client, tmp_path: Path) -> None:
    bounty, (first, _), (part, _) = await setting(client, tmp_path)
    opened = await bounty.open(client, terms())
    _, item = await contribute(client, first, opened.id, part)
    record, _, _ = await books.explained(client, opened.id)
    assert record.status == pb.ROUND_STATUS_REFUNDED
    assert record.outcome.startswith("too few committed")
    assert item.status == pb.CONTRIBUTION_STATUS_RETURNED
    await books.check_round_closed(client, record)
    await books.check_person(client, first, 0)
    await books.check_person(client, bounty.owner, -FEE)
    await check_nothing_is_kept(client, record)


async def test_a_commitment_never_revealed_forfeits_its_deposit(client: Client, tmp_path: Path) -> None:
    bounty, (first, second), (part, _) = await setting(client, tmp_path)
    before = (await client.query.supply()).value
    opened = await bounty.open(client, terms())
    await until_status(client, opened.id, pb.ROUND_STATUS_OPEN)
    await second.send(client, messages.commit(opened.id, bytes(32)))
    await contribute(client, first, opened.id, part)
    record, _, _ = await books.explained(client, opened.id)
    assert record.status == pb.ROUND_STATUS_REFUNDED
    assert record.outcome.startswith("too few revealed")
    await books.check_round_closed(client, record)
    await books.check_person(client, first, 0)
    await books.check_person(client, second, -DEPOSIT)
    await books.check_person(client, bounty.owner, -FEE)
    after = (await client.query.supply()).value
    assert (before.total - after.total, after.burned - before.burned) == (DEPOSIT, DEPOSIT)


async def test_reserves_nobody_meets_refund_the_bounty(client: Client, tmp_path: Path) -> None:
    bounty, crowd, parts = await setting(client, tmp_path)
    opened = await bounty.open(client, terms())
    await asyncio.gather(
        *(
            contribute(client, person, opened.id, part, reserve=BOUNTY)
            for person, part in zip(crowd, parts, strict=True)
        )
    )
    record, items, _ = await books.explained(client, opened.id)
    assert record.status == pb.ROUND_STATUS_REFUNDED
    assert record.outcome.startswith("too few paid")
    assert [item.amount for item in items] == [0, 0]
    await books.check_round_closed(client, record)
    for person in crowd:
        await books.check_person(client, person, 0)
    await books.check_person(client, bounty.owner, -FEE)
    await check_nothing_is_kept(client, record)


async def test_a_round_is_cancelled_before_anybody_commits(client: Client, tmp_path: Path) -> None:
    bounty, _, _ = await setting(client, tmp_path)
    opened = await bounty.open(client, terms(commit_window=1000))
    await until_status(client, opened.id, pb.ROUND_STATUS_OPEN)
    await bounty.owner.send(client, messages.cancel_round(opened.id))
    record, _, _ = await books.explained(client, opened.id)
    assert record.status == pb.ROUND_STATUS_CANCELLED
    await books.check_round_closed(client, record)
    await books.check_person(client, bounty.owner, -FEE)  # the committee has checked the reference
    await check_nothing_is_kept(client, record)


async def test_a_committee_that_stops_answering_lets_the_round_expire(
    shared: RunningNode, tmp_path: Path
) -> None:
    """Its secrets for the round's key are moved away: it can still vote, but decrypts nothing."""
    async with Client(shared.rpc_url, CHAIN_ID) as client:
        bounty, crowd, parts = await setting(client, tmp_path)
        params = (await client.query.params()).value
        scoring = windows.least_scoring_window(params, 2, 1)
        opened = await bounty.open(client, terms(commit_window=1000, scoring_window=scoring))
        await until_status(client, opened.id, pb.ROUND_STATUS_OPEN)
    code, output = await asyncio.to_thread(shared.stop)
    assert code == 0, output
    secret = shared.home.committee / f"key-{opened.key_id}.json"
    secret.rename(tmp_path / secret.name)
    shared.start().wait_for_height(1)

    async with Client(shared.rpc_url, CHAIN_ID) as client:
        await asyncio.gather(
            *(contribute(client, person, opened.id, part) for person, part in zip(crowd, parts, strict=True))
        )
        record, items, _ = await books.explained(client, opened.id)
        assert record.status == pb.ROUND_STATUS_EXPIRED
        assert record.outcome.startswith("no answer")
        assert [item.status for item in items] == [pb.CONTRIBUTION_STATUS_RETURNED] * 2
        await books.check_round_closed(client, record)
        for person in (*crowd, bounty.owner):
            await books.check_person(client, person, 0)
        await check_nothing_is_kept(client, record)
