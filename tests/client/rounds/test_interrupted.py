"""Contributions that were interrupted, overtaken or refused for the moment; what is kept for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.client.devnode import BOB, CAROL, DevNode
from tests.client.rounds.stage import PAID, Stage, write_rows

from assay.client import Client, PendingTx, Refused, messages
from assay.client import contribution as flow
from assay.client.contribution import CannotContribute, Prepared
from assay.client.home import Home, HomeError
from assay.crypto.accounts import Account
from assay.proto import state_pb2 as pb
from assay.proto.tx_pb2 import Message
from assay.state.rules.errors import AlreadyCommitted, AssayError, RevealLate, RoundFull


async def test_files_are_kept_until_the_end_and_then_forgotten(stage: Stage) -> None:
    number = await stage.open(max_contributors=1)
    prepared = await stage.prepare(BOB, number, write_rows(stage.folder / "good.csv", 2, 60))
    chain_id = await stage.client.chain_id()
    home = stage.home(BOB)
    assert flow.load_saved(home, chain_id, number, BOB.address) == prepared
    await flow.carry_through(stage.client, BOB, home, prepared, print)
    assert flow.load_saved(home, chain_id, number, BOB.address) is None


@pytest.mark.parametrize("steps", [1, 2])
async def test_a_contribution_goes_on_from_where_it_was_interrupted(stage: Stage, steps: int) -> None:
    number = await stage.open(max_contributors=1)
    prepared = await stage.prepare(BOB, number, write_rows(stage.folder / "good.csv", 2, 60))
    await asyncio.wait_for(_status_is(stage, number, pb.ROUND_STATUS_OPEN), 30)
    parts = [
        messages.commit(number, prepared.commitment),
        messages.reveal(number, prepared.salt, prepared.reserve, prepared.payload),
    ]
    for part in parts[:steps]:  # what an earlier run did before it died
        result = await (await stage.client.send(BOB, [part])).wait()
        await stage.client.blocks.until(result.height + 1)
    record, item = await flow.carry_through(stage.client, BOB, stage.home(BOB), prepared, print)
    assert record.outcome == "paid"
    assert item.amount == PAID


class Overtaken:
    """A client in front of which somebody sends: `first` is done before every message it sends."""

    def __init__(self, client: Client, first: Callable[[Sequence[Message]], Awaitable[None]]) -> None:
        self.refusals: list[type[AssayError] | None] = []
        self._send, self._first = client.send, first
        client.send = self.send  # type: ignore[method-assign]

    async def send(self, account: Account, parts: Sequence[Message], *options: Any) -> PendingTx:
        await self._first(parts)
        try:
            return await self._send(account, parts, *options)
        except Refused as error:
            self.refusals.append(error.reason)
            raise


async def test_messages_of_an_earlier_run_may_come_in_first_and_move_the_round_on(
    stage: Stage, served: tuple[str, DevNode]
) -> None:
    number = await stage.open(max_contributors=1)
    prepared = await stage.prepare(BOB, number, write_rows(stage.folder / "good.csv", 2, 60))
    async with Client(served[0]) as earlier, Client(served[0]) as client:

        async def same(parts: Sequence[Message]) -> None:
            result = await (await earlier.send(BOB, parts)).wait()
            await earlier.blocks.until(result.height + 2)  # the round has seen that everybody has acted

        overtaken = Overtaken(client, same)
        _, item = await flow.carry_through(client, BOB, stage.home(BOB), prepared, print)
    assert overtaken.refusals == [AlreadyCommitted, RevealLate]
    assert item.amount == PAID


async def test_a_round_that_somebody_else_filled_just_now_refuses(
    stage: Stage, served: tuple[str, DevNode]
) -> None:
    number = await stage.open(max_contributors=1)
    prepared = await stage.prepare(BOB, number, write_rows(stage.folder / "good.csv", 2, 60))
    async with Client(served[0]) as client:

        async def another(_: Sequence[Message]) -> None:
            result = await (await stage.client.send(CAROL, [messages.commit(number, bytes(32))])).wait()
            await stage.client.blocks.until(result.height + 2)

        overtaken = Overtaken(client, another)
        with pytest.raises(Refused, match="has its 1 contributors"):
            await flow.carry_through(client, BOB, stage.home(BOB), prepared, print)
    assert overtaken.refusals == [RoundFull]


async def test_a_reveal_whose_proof_a_node_could_not_verify_is_sent_again(
    stage: Stage, served: tuple[str, DevNode]
) -> None:
    number = await stage.open(max_contributors=1)
    prepared = await stage.prepare(BOB, number, write_rows(stage.folder / "good.csv", 2, 60))
    served[1].busy, told = 2, list[str]()
    _, item = await flow.carry_through(stage.client, BOB, stage.home(BOB), prepared, told.append)
    assert item.amount == PAID
    assert (served[1].busy, sum("sending it again" in sentence for sentence in told)) == (0, 2)


async def _status_is(stage: Stage, number: int, status: pb.RoundStatus) -> None:
    async for _ in stage.client.blocks.follow():
        if (await stage.client.query.round(number)).value.status == status:
            return


async def test_another_commitment_of_the_same_account_is_noticed(stage: Stage) -> None:
    number = await stage.open(max_contributors=2)
    prepared = await stage.prepare(BOB, number, write_rows(stage.folder / "good.csv", 2, 60))
    await asyncio.wait_for(_status_is(stage, number, pb.ROUND_STATUS_OPEN), 30)
    result = await (await stage.client.send(BOB, [messages.commit(number, bytes(32))])).wait()
    await stage.client.blocks.until(result.height + 1)
    with pytest.raises(CannotContribute, match="has committed another update"):
        await flow.carry_through(stage.client, BOB, stage.home(BOB), prepared, print)


# --- files -------------------------------------------------------------------

PREPARED = Prepared("chain-1", 7, BOB.address, bytes(range(32)), 5, b"payload")


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    home = Home(tmp_path)
    flow.save(home, PREPARED)
    assert flow.load_saved(home, "chain-1", 7, BOB.address) == PREPARED
    assert flow.load_saved(home, "chain-1", 8, BOB.address) is None
    assert flow.load_saved(home, "chain-2", 7, BOB.address) is None
    assert flow.load_saved(home, "chain-1", 7, CAROL.address) is None


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    flow.save(home, PREPARED)
    folder = tmp_path / "contributions"
    (payload,) = folder.glob("*.payload")
    payload.write_bytes(b"another")
    with pytest.raises(HomeError, match="do not belong together"):
        flow.load_saved(home, "chain-1", 7, BOB.address)
    flow.save(home, replace(PREPARED, salt=b"short"))
    with pytest.raises(HomeError, match="do not belong together"):
        flow.load_saved(home, "chain-1", 7, BOB.address)
