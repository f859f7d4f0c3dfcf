"""Contributions and bounties through the SDK, with a real committee of one and real encryption."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.client.devnode import ALICE, BOB, CAROL, DevNode, running

from assay.client import Client, PendingTx, ProofInvalid, Refused, messages
from assay.client import bounty as opening
from assay.client import contribution as flow
from assay.client.bounty import CannotOpen, Terms, open_bounty, ready_key
from assay.client.contribution import CannotContribute, Prepared
from assay.client.encryption import fetch_key
from assay.client.explain import explain
from assay.client.home import Home, HomeError
from assay.client.release import CannotCollect, acknowledge, apply_sum, open_sum
from assay.client.train import sgd
from assay.client.train.errors import BadData
from assay.client.train.manifest import KINDS, make_model
from assay.client.train.table import load
from assay.crypto.accounts import Account
from assay.crypto.ckks.packing import normalise
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto.model_pb2 import Model
from assay.proto.state_pb2 import Contribution, Round
from assay.proto.tx_pb2 import Message
from assay.state.rules.errors import AlreadyCommitted, AssayError, RevealLate, RoundFull

FEATURES = ["a", "b", "c"]
TRUTH = np.array([2.0, -1.0, 0.5])
ELSEWHERE = np.array(
    [-1.0, 0.5, 3.0]
)  # a little against the truth; the opposite would leave no progress at all
BOUNTY = 1_000_000
Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, DevNode]]:
    with running(tmp_path_factory.mktemp("node") / "store", committee=True) as (url, node):
        yield url, node


@pytest.fixture
async def client(served: tuple[str, DevNode]) -> AsyncIterator[Client]:
    async with Client(served[0]) as found:
        yield found


def write_rows(path: Path, seed: int, rows: int, truth: Floats = TRUTH) -> Path:
    rng = np.random.default_rng(seed)
    x = rng.normal(5, 2, (rows, 3))
    y = ((x - 5) / 2) @ truth + rng.normal(0, 0.1, rows)
    lines = [",".join([*FEATURES, "y"])]
    lines += [",".join(map(str, [*row, target])) for row, target in zip(x, y, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


@dataclass
class Stage:
    """An owner with a model, and where everybody keeps things."""

    client: Client
    folder: Path
    model: Model
    model_id: bytes
    held_out: Path

    def home(self, who: Account) -> Home:
        return Home(self.folder / who.address_text)

    async def open(self, **terms: int) -> int:
        data = load(self.held_out, self.model)
        asked = Terms(BOUNTY, **{"min_contributors": 1, "max_contributors": 2, **terms})
        number, result = await open_bounty(
            self.client, ALICE, self.home(ALICE), self.model_id, data, asked, print
        )
        await self.client.blocks.until(result.height + 1)
        return number

    async def prepare(self, who: Account, number: int, data: Path, reserve: int = 0) -> Prepared:
        found = await flow.prepare(self.client, who.address, number, data, None, reserve, print)
        flow.save(self.home(who), found)
        return found

    async def contribute(
        self, who: Account, number: int, data: Path, reserve: int = 0
    ) -> tuple[Round, Contribution]:
        prepared = await self.prepare(who, number, data, reserve)
        return await flow.carry_through(self.client, who, self.home(who), prepared, print)


_NAMES = iter(range(1000))


@pytest.fixture
async def stage(client: Client, tmp_path: Path) -> Stage:
    held_out = write_rows(tmp_path / "held-out.csv", 1, 200)
    rows = np.loadtxt(held_out, delimiter=",", skiprows=1)[:, :3]
    model = make_model(f"model {next(_NAMES)}", KINDS["linear"], FEATURES, rows, "y", [])
    result = await (await client.send(ALICE, [messages.post_model(model)])).wait()
    await client.blocks.until(result.height + 1)
    (event,) = [event for event in result.events if event.kind == "model"]
    await asyncio.wait_for(_key_is_ready(client), 60)
    return Stage(client, tmp_path, model, bytes.fromhex(event.attributes["id"]), held_out)


async def _key_is_ready(client: Client) -> None:
    async for _ in client.blocks.follow():
        try:
            await ready_key(client, print)
        except CannotOpen as error:
            assert "keys" in str(error) or "blocks" in str(error)  # noqa: PT017
        else:
            return


# --- the whole way -----------------------------------------------------------


async def test_contributors_are_paid_and_the_owner_gets_better_weights(stage: Stage) -> None:
    number = await stage.open()
    good = write_rows(stage.folder / "good.csv", 2, 120)
    wrong = write_rows(stage.folder / "wrong.csv", 3, 50, ELSEWHERE)
    (record, paid), (_, unpaid) = await asyncio.gather(
        stage.contribute(BOB, number, good), stage.contribute(CAROL, number, wrong)
    )
    assert record.status == pb.ROUND_STATUS_SETTLED
    assert (paid.status, paid.amount) == (pb.CONTRIBUTION_STATUS_PAID, BOUNTY)
    assert (unpaid.status, unpaid.amount) == (pb.CONTRIBUTION_STATUS_UNPAID, 0)

    everybody = await stage.client.query.contributions(number)
    assert everybody.verified
    found = explain((await stage.client.query.round(number)).value, everybody.value, SMALL)
    assert found.disagreements == ()
    assert [line.amount for line in found.lines] == [item.amount for item in everybody.value]

    await check_release(stage, number, good)


async def check_release(stage: Stage, number: int, good: Path) -> None:
    await asyncio.wait_for(_released(stage, number), 30)
    model, total, wrong = await open_sum(stage.client, stage.home(ALICE), number)
    assert (model, wrong) == (stage.model, ())
    expected = normalise(sgd.update(stage.model, load(good, stage.model)))
    np.testing.assert_allclose(total, expected, atol=0.02)  # one contributor was paid: the sum is its update
    data = load(stage.held_out, stage.model)
    applied = apply_sum(model, total, wrong, data)
    assert applied.score_before == pytest.approx(0, abs=0.05)
    assert applied.score_after > 0.9
    assert applied.loss_after < applied.loss_before
    result = await acknowledge(stage.client, ALICE, number)
    await stage.client.blocks.until(result.height + 1)
    with pytest.raises(CannotCollect, match="no longer kept"):
        await open_sum(stage.client, stage.home(ALICE), number)


async def _released(stage: Stage, number: int) -> None:
    async for _ in stage.client.blocks.follow():
        if (await stage.client.query.round(number)).value.release_shares:
            return


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
    assert item.amount == BOUNTY


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
    assert item.amount == BOUNTY


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
    assert item.amount == BOUNTY
    assert (served[1].busy, sum("sending it again" in sentence for sentence in told)) == (0, 2)


async def _status_is(stage: Stage, number: int, status: pb.RoundStatus) -> None:
    async for _ in stage.client.blocks.follow():
        if (await stage.client.query.round(number)).value.status == status:
            return


async def test_a_reserve_that_is_not_met_is_not_paid(stage: Stage) -> None:
    number = await stage.open(max_contributors=1)
    record, item = await stage.contribute(
        BOB, number, write_rows(stage.folder / "good.csv", 2, 60), reserve=BOUNTY + 1
    )
    assert record.status == pb.ROUND_STATUS_REFUNDED
    assert (item.amount, item.deposit_returned) == (0, record.deposit)
    found = explain(record, [item], SMALL)
    assert found.disagreements == ()
    assert found.outcome.startswith("too few paid")
    with pytest.raises(CannotCollect, match="only a paid bounty"):
        await open_sum(stage.client, stage.home(ALICE), number)


# --- what does not work ------------------------------------------------------


async def test_who_may_not_contribute_is_told_before_training(stage: Stage) -> None:
    number = await stage.open(max_contributors=1)
    data = write_rows(stage.folder / "good.csv", 2, 60)
    with pytest.raises(CannotContribute, match="owner of a round"):
        await stage.prepare(ALICE, number, data)
    with pytest.raises(BadData, match="No such file"):
        await stage.prepare(BOB, number, stage.folder / "nothing.csv")
    prepared = await stage.prepare(BOB, number, data)
    await flow.carry_through(stage.client, BOB, stage.home(BOB), prepared, print)
    with pytest.raises(CannotContribute, match="takes no commitments any more: it is settled"):
        await stage.prepare(CAROL, number, data)


async def test_another_commitment_of_the_same_account_is_noticed(stage: Stage) -> None:
    number = await stage.open(max_contributors=2)
    prepared = await stage.prepare(BOB, number, write_rows(stage.folder / "good.csv", 2, 60))
    await asyncio.wait_for(_status_is(stage, number, pb.ROUND_STATUS_OPEN), 30)
    result = await (await stage.client.send(BOB, [messages.commit(number, bytes(32))])).wait()
    await stage.client.blocks.until(result.height + 1)
    with pytest.raises(CannotContribute, match="has committed another update"):
        await flow.carry_through(stage.client, BOB, stage.home(BOB), prepared, print)


async def test_a_round_that_filled_up_meanwhile_is_told(stage: Stage) -> None:
    number = await stage.open(max_contributors=1)
    data = write_rows(stage.folder / "good.csv", 2, 60)
    late = await stage.prepare(CAROL, number, data)
    await stage.contribute(BOB, number, data)
    with pytest.raises(CannotContribute, match="takes no commitments any more"):
        await flow.carry_through(stage.client, CAROL, stage.home(CAROL), late, print)


async def test_only_who_opened_the_round_can_open_its_sum(stage: Stage) -> None:
    number = await stage.open(max_contributors=1)
    await stage.contribute(BOB, number, write_rows(stage.folder / "good.csv", 2, 60))
    with pytest.raises(CannotCollect, match="is not in"):
        await open_sum(stage.client, stage.home(BOB), number)


@pytest.mark.parametrize("secret", [{}, {"secret": "zz"}, {"secret": "12"}, {"secret": "34" * 32}])
async def test_a_damaged_secret_is_told_before_anything_is_asked_for(stage: Stage, secret: Any) -> None:
    number = await stage.open(max_contributors=1)
    public = (await stage.client.query.round(number)).value.owner_public_key
    stage.home(ALICE).write_json("rounds", public.hex() + ".json", secret)
    with pytest.raises(HomeError, match="is damaged"):
        await open_sum(stage.client, stage.home(ALICE), number)
    await (await stage.client.send(ALICE, [messages.cancel_round(number)])).wait()


async def test_training_and_encrypting_leave_the_event_loop_to_others(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, went_on = asyncio.get_running_loop(), []

    def beside(work: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any) -> Any:
            alive = threading.Event()
            loop.call_soon_threadsafe(alive.set)
            went_on.append((work.__name__, alive.wait(10)))
            return work(*args)

        return watched

    long = [
        (opening, "update"),
        (opening, "encrypt_reference"),
        (flow, "load"),
        (flow, "update"),
        (flow, "encrypt_contribution"),
    ]
    for module, name in long:
        monkeypatch.setattr(module, name, beside(getattr(module, name)))
    number = await stage.open(max_contributors=1)
    await stage.prepare(BOB, number, write_rows(stage.folder / "good.csv", 2, 60))
    assert went_on == [(name, True) for _, name in long]
    await (await stage.client.send(ALICE, [messages.cancel_round(number)])).wait()


async def test_a_node_that_hides_contributions_is_found_out(stage: Stage) -> None:
    number = await stage.open(max_contributors=1)
    await stage.contribute(BOB, number, write_rows(stage.folder / "good.csv", 2, 60))
    real = stage.client.query.reader.raw

    async def nothing(path: str, data: bytes, **options: Any) -> Any:
        found = await real(path, data, **options)
        return replace(found, value=b"") if path.endswith("/contribution") else found

    stage.client.query.reader.raw = nothing  # type: ignore[method-assign]
    with pytest.raises(ProofInvalid, match="listed 0 contributions"):
        await stage.client.query.contributions(number)


async def test_bytes_that_are_not_those_of_their_digest_are_refused(stage: Stage) -> None:
    key_id = await ready_key(stage.client, print)
    name = (await fetch_key(stage.client, key_id)).name
    assert (name.key_id, name.preset, name.size) == (key_id, SMALL, 1)
    real = stage.client.query.reader.raw

    async def altered(path: str, data: bytes, **options: Any) -> Any:
        found = await real(path, data, **options)
        changed = bytes((found.value[0] ^ 1,)) + found.value[1:]
        return replace(found, value=changed) if path == "/bulk" else found

    stage.client.query.reader.raw = altered  # type: ignore[method-assign]
    with pytest.raises(ProofInvalid, match="do not have the digest"):
        await fetch_key(stage.client, key_id)


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
