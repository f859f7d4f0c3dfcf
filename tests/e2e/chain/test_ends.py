"""Rounds that pay nobody: everything goes back to where it came from, except what somebody forfeits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
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
from assay.proto.state_pb2 import Contribution, Round
from assay.state.rules import keys, windows
from assay.state.rules.errors import NotFound

pytestmark = pytest.mark.e2e

BOUNTY, DEPOSIT, FEE = 10 * ASY, 200_000, 30_001
WINDOW = 40
"""Blocks that somebody has to wait for others who do not come; enough for those who do."""


def terms(commit_window: int = 1000, reveal_window: int = 1000, scoring_window: int | None = None) -> Terms:
    """A round of two."""
    return Terms(BOUNTY, FEE, DEPOSIT, 2, 2, commit_window, reveal_window, scoring_window)


@dataclass
class Scene:
    """An owner with a model, two contributors with data, and the round they have."""

    client: Client
    bounty: Bounty
    crowd: list[Person]
    parts: list[Path]
    round_id: int = 0

    @classmethod
    async def set(cls, client: Client, folder: Path) -> Scene:
        owner, *crowd = await people(client, folder, ["owner", "first", "second"])
        held_out, *parts = write_parts(folder, [100, 80, 60])
        return cls(client, await post_model(client, owner, held_out), crowd, parts)

    async def open(self, asked: Terms) -> None:
        """Open a round and wait until its reference is checked."""
        self.round_id = (await self.bounty.open(self.client, asked)).id
        await until_status(self.client, self.round_id, pb.ROUND_STATUS_OPEN)

    async def contribute(self, *who: int, reserve: int = 0) -> None:
        """Have contributors take part, to the round's end."""
        await asyncio.gather(
            *(contribute(self.client, self.crowd[n], self.round_id, self.parts[n], reserve) for n in who)
        )

    async def ended(self, status: int, outcome: str) -> list[Contribution]:
        """Check how the round ended, that its money adds up, and that nothing of it is kept."""
        record, items, _ = await books.explained(self.client, self.round_id)
        assert record.status == status
        assert record.outcome.startswith(outcome)
        assert [item.amount for item in items] == [0] * len(items)
        await books.check_round_closed(self.client, record)
        await self._check_nothing_is_kept(record, items)
        return items

    async def _check_nothing_is_kept(self, record: Round, items: list[Contribution]) -> None:
        assert (await self.client.query.key(record.key_id)).value.status == pb.KEY_STATUS_RETIRED
        for digest in (record.reference, *(item.payload for item in items if item.payload)):
            with pytest.raises(QueryRefused) as gone:
                await self.client.query.bulk(keys.round_scope(record.id), digest)
            assert gone.value.reason is NotFound

    async def balances_changed(self, owner: int, first: int, second: int) -> None:
        """Check everybody's balance, fees for transactions aside."""
        everybody = (self.bounty.owner, *self.crowd)
        for person, change in zip(everybody, (owner, first, second), strict=True):
            await books.check_person(self.client, person, change)


async def too_few_commit(scene: Scene) -> None:
    """The committee keeps its fee, everything else goes back."""
    await scene.open(terms(commit_window=WINDOW))
    await scene.contribute(0)
    (item,) = await scene.ended(pb.ROUND_STATUS_REFUNDED, "too few committed")
    assert item.status == pb.CONTRIBUTION_STATUS_RETURNED
    await scene.balances_changed(-FEE, 0, 0)


async def one_never_reveals(scene: Scene) -> None:
    """Whoever commits to something and does not reveal it forfeits the deposit."""
    before = (await scene.client.query.supply()).value
    await scene.open(terms(reveal_window=WINDOW))
    await scene.crowd[1].send(scene.client, messages.commit(scene.round_id, bytes(32)))
    await scene.contribute(0)
    items = await scene.ended(pb.ROUND_STATUS_REFUNDED, "too few revealed")
    returned, forfeited = pb.CONTRIBUTION_STATUS_RETURNED, pb.CONTRIBUTION_STATUS_NOT_REVEALED
    assert sorted(item.status for item in items) == sorted((returned, forfeited))
    await scene.balances_changed(-FEE, 0, -DEPOSIT)
    after = (await scene.client.query.supply()).value
    assert after.burned - before.burned == DEPOSIT
    assert after.total + DEPOSIT >= before.total  # beside the blocks' new tokens


async def reserves_are_not_met(scene: Scene) -> None:
    """Both want the whole bounty."""
    await scene.open(terms())
    await scene.contribute(0, 1, reserve=BOUNTY)
    await scene.ended(pb.ROUND_STATUS_REFUNDED, "too few paid")
    await scene.balances_changed(-FEE, 0, 0)


async def cancelled(scene: Scene) -> None:
    """The owner changes its mind before anybody commits; the committee has checked the reference."""
    await scene.open(terms())
    await scene.bounty.owner.send(scene.client, messages.cancel_round(scene.round_id))
    await scene.ended(pb.ROUND_STATUS_CANCELLED, "cancelled")
    await scene.balances_changed(-FEE, 0, 0)


async def test_rounds_that_pay_nobody_at_the_same_time(client: Client, tmp_path: Path) -> None:
    """Each has its own escrow and key, and none draws on another's."""
    acts = (too_few_commit, one_never_reveals, reserves_are_not_met, cancelled)
    scenes = [await Scene.set(client, tmp_path / act.__name__) for act in acts]
    await asyncio.gather(*(act(scene) for act, scene in zip(acts, scenes, strict=True)))


async def test_a_committee_that_stops_answering_lets_the_round_expire(
    shared: RunningNode, tmp_path: Path
) -> None:
    """Its secrets for the round's key are moved away: it can still vote, but decrypts nothing."""
    async with Client(shared.rpc_url, CHAIN_ID) as client:
        scene = await Scene.set(client, tmp_path)
        params = (await client.query.params()).value
        await scene.open(terms(scoring_window=windows.least_scoring_window(params, 2, 1)))
        key_id = (await client.query.round(scene.round_id)).value.key_id
    code, output = await asyncio.to_thread(shared.stop)
    assert code == 0, output
    secret = shared.home.committee / f"key-{key_id}.json"
    secret.rename(tmp_path / secret.name)
    shared.start().wait_for_height(1)

    async with Client(shared.rpc_url, CHAIN_ID) as client:
        scene.client = client
        await scene.contribute(0, 1)
        items = await scene.ended(pb.ROUND_STATUS_EXPIRED, "no answer")
        assert [item.status for item in items] == [pb.CONTRIBUTION_STATUS_RETURNED] * 2
        await scene.balances_changed(0, 0, 0)
