"""A round on several validators, step by step, so that scenarios can disturb it in between."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.e2e.chain import books
from tests.e2e.chain.people import (
    ASY,
    Bounty,
    Person,
    contribute,
    opened_sum,
    people,
    post_model,
    until_status,
    write_parts,
)

from assay.client import Client
from assay.client.bounty import Terms
from assay.client.release import acknowledge
from assay.crypto.presets import SMALL, noise_bound, seed_count
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Round

BOUNTY = 10 * ASY


@dataclass
class Market:
    """An owner with an open round, and contributors who have not acted yet.

    Attributes
    ----------
    parts
        A file of rows for each contributor.
    """

    client: Client
    bounty: Bounty
    round_id: int
    crowd: list[Person]
    parts: list[Path]

    async def take_part(self, numbers: list[int]) -> None:
        """Have some contributors take part, until the round has ended."""
        await asyncio.gather(
            *(contribute(self.client, self.crowd[n], self.round_id, self.parts[n]) for n in numbers)
        )

    async def contribute(self) -> None:
        """Have everybody take part."""
        await self.take_part(list(range(len(self.crowd))))

    async def until(self, *statuses: int) -> Round:
        return await until_status(self.client, self.round_id, *statuses)

    async def check_paid(self) -> Round:
        """The bounty is paid, to everybody something, the largest part to whoever had most rows."""
        record, items, explanation = await books.explained(self.client, self.round_id)
        assert (record.status, record.outcome) == (pb.ROUND_STATUS_SETTLED, "paid")
        amounts = {item.sender: item.amount for item in items}
        paid = [amounts[person.account.address] for person in self.crowd]
        assert sum(paid) == BOUNTY - explanation.committee
        assert all(paid)
        assert [line.amount for line in explanation.lines] == [item.amount for item in items]
        await books.check_round_closed(self.client, record)
        for person, amount in zip(self.crowd, paid, strict=True):
            await books.check_person(self.client, person, amount)
        await books.check_person(self.client, self.bounty.owner, -BOUNTY - record.scoring_fee)
        return record

    async def check_sum(self, liars: tuple[int, ...] = ()) -> None:
        """The owner opens the sum of all updates, and acknowledges it."""
        _, total, found = await opened_sum(self.client, self.bounty.owner, self.round_id)
        assert found == liars
        expected = np.sum([self.bounty.update(path) for path in self.parts], axis=0)
        size = await self._committee_size()
        masks = seed_count(size) * SMALL.release_mask  # one a seed
        error = 2 * (masks + len(self.parts) * noise_bound(SMALL, size)) / (2 * SMALL.scale)
        assert np.abs(total - expected).max() < error
        assert np.linalg.norm(total) > 100 * error

    async def _committee_size(self) -> int:
        record = (await self.client.query.round(self.round_id)).value
        return len((await self.client.query.key(record.key_id)).value.members)

    async def acknowledge(self) -> None:
        result = await acknowledge(self.client, self.bounty.owner.account, self.round_id)
        await self.client.blocks.until(result.height + 1)


async def open_market(client: Client, folder: Path, sizes: tuple[int, ...] = (150, 80, 40)) -> Market:
    """Have an owner post a model and open a round for as many contributors as there are sizes."""
    names = [f"contributor{number}" for number in range(len(sizes))]
    owner, *crowd = await people(client, folder, ["owner", *names])
    held_out, *parts = write_parts(folder, [150, *sizes])
    bounty = await post_model(client, owner, held_out)
    # Phases end when everybody has acted; the windows have room for validators that are away.
    windows = {"commit_window": 2000, "reveal_window": 2000, "scoring_window": 2000}
    terms = Terms(BOUNTY, min_contributors=len(sizes), max_contributors=len(sizes), **windows)
    opened = await bounty.open(client, terms)
    return Market(client, bounty, opened.id, crowd, parts)
