"""A whole round with the preset small, through the SDK, on a real chain."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from tests.e2e.chain import books
from tests.e2e.chain.people import ASY, Bounty, contribute, opened_sum, people, post_model, write_parts

from assay.client import Client, Event, QueryRefused
from assay.client.bounty import Terms
from assay.client.release import CannotCollect, acknowledge, apply_sum, open_sum
from assay.client.train.table import load
from assay.crypto.presets import SMALL, noise_bound
from assay.proto import state_pb2 as pb
from assay.state.rules import keys
from assay.state.rules.errors import NotFound

pytestmark = pytest.mark.e2e

BOUNTY, DEPOSIT = 10 * ASY, 100_000
TERMS = Terms(bounty=BOUNTY, deposit=DEPOSIT, min_contributors=2, max_contributors=4)


async def test_a_whole_round_pays_by_worth_and_releases_the_paid_sum(client: Client, tmp_path: Path) -> None:
    owner, *crowd = await people(client, tmp_path, ["owner", "large", "middle", "wrong", "small"])
    held_out, *parts = write_parts(tmp_path, [150, 300, 120, 100, 30], flipped=[3])
    bounty = await post_model(client, owner, held_out)
    seen: list[tuple[int, Event]] = []
    watching = asyncio.create_task(watch(client, len((await client.query.rounds()).value) + 1, seen))
    opened = await bounty.open(client, TERMS)
    assert opened.status in (pb.ROUND_STATUS_PENDING, pb.ROUND_STATUS_OPEN)
    await asyncio.gather(
        *(contribute(client, person, opened.id, data) for person, data in zip(crowd, parts, strict=True))
    )

    record, items, explanation = await books.explained(client, opened.id)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_SETTLED, "paid")
    by_sender = {item.sender: item for item in items}
    large, middle, wrong, small = (by_sender[person.account.address] for person in crowd)
    assert large.amount > small.amount > 0
    assert middle.amount > small.amount
    assert (wrong.status, wrong.amount) == (pb.CONTRIBUTION_STATUS_UNPAID, 0)
    assert sum(item.amount for item in items) == BOUNTY - explanation.committee
    assert explanation.committee == BOUNTY // 100
    assert [line.amount for line in explanation.lines] == [item.amount for item in items]
    await books.check_round_closed(client, record)
    for person in crowd:  # deposits are back, the wrong one's too
        await books.check_person(client, person, by_sender[person.account.address].amount)
    await books.check_person(client, owner, -BOUNTY - record.scoring_fee)

    await check_release(client, bounty, record.id, [parts[0], parts[1], parts[3]])
    await asyncio.wait_for(watching, 30)
    history = await books.round_history(client, record.id)
    assert comparable(seen) == comparable(history)
    told = [event.attributes["what"] for _, event in history]
    assert told[0] == "opened"
    assert told[-1] == "release_ended"
    counts = {what: told.count(what) for what in ("committed", "revealed", "paid", "release_share")}
    assert counts == {"committed": 4, "revealed": 4, "paid": 3, "release_share": 1}
    shares = {
        event.attributes["what"]: int(event.attributes["amount"])
        for _, event in history
        if event.attributes["what"].startswith("share")
    }
    assert shares == {"share": explanation.committee}, "the one member has delivered everything"


async def watch(client: Client, round_id: int, seen: list[tuple[int, Event]]) -> None:
    async with aclosing(client.round_events(round_id)) as events:
        async for height, event in events:
            seen.append((height, event))
            if event.attributes["what"] == "release_ended":
                return


def comparable(events: list[tuple[int, Event]]) -> list[tuple[int, str, list[tuple[str, str]]]]:
    """Events by height; those of one block come from two subscriptions, in any order."""
    return sorted((height, event.kind, sorted(event.attributes.items())) for height, event in events)


async def check_release(client: Client, bounty: Bounty, round_id: int, paid: list[Path]) -> None:
    """The owner opens the sum of the paid updates and nothing else; then the chain forgets the bytes."""
    owner = bounty.owner
    model, total, wrong = await opened_sum(client, owner, round_id)
    assert wrong == ()
    expected = np.sum([bounty.update(path) for path in paid], axis=0)
    # Twice the packed values carry the mask of one seed and the noise of every ciphertext, and its mirror's.
    error = 2 * (SMALL.release_mask + len(paid) * noise_bound(SMALL, 1)) / (2 * SMALL.scale)
    assert np.abs(total - expected).max() < error
    assert np.linalg.norm(total) > 100 * error
    applied = apply_sum(model, total, wrong, load(bounty.held_out, model))
    assert applied.loss_after < applied.loss_before
    assert applied.score_after > applied.score_before

    record = (await client.query.round(round_id)).value
    assert await client.query.bulk(keys.release_scope(round_id), record.sum)
    result = await acknowledge(client, owner.account, round_id)
    await client.blocks.until(result.height + 1)
    with pytest.raises(QueryRefused) as gone:
        await client.query.bulk(keys.release_scope(round_id), record.sum)
    assert gone.value.reason is NotFound
    assert (await client.query.key(record.key_id)).value.status == pb.KEY_STATUS_RETIRED
    with pytest.raises(CannotCollect, match="no longer kept"):
        await open_sum(client, owner.home, round_id)
