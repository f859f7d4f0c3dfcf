"""Contributions and bounties through the SDK, with a real committee of one and real encryption."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.client.devnode import ALICE, BOB, CAROL
from tests.client.rounds.stage import BOUNTY, ELSEWHERE, PAID, Stage, write_rows

from assay.client import ProofInvalid, messages
from assay.client import bounty as opening
from assay.client import contribution as flow
from assay.client.bounty import ready_key
from assay.client.contribution import CannotContribute
from assay.client.encryption import fetch_key
from assay.client.explain import explain
from assay.client.home import HomeError
from assay.client.release import CannotCollect, acknowledge, apply_sum, open_sum
from assay.client.train import sgd
from assay.client.train.errors import BadData
from assay.client.train.table import load
from assay.crypto.ckks.packing import normalise
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb

# --- the whole way -----------------------------------------------------------


async def test_contributors_are_paid_and_the_owner_gets_better_weights(stage: Stage) -> None:
    number = await stage.open()
    good = write_rows(stage.folder / "good.csv", 2, 120)
    wrong = write_rows(stage.folder / "wrong.csv", 3, 50, ELSEWHERE)
    (record, paid), (_, unpaid) = await asyncio.gather(
        stage.contribute(BOB, number, good), stage.contribute(CAROL, number, wrong)
    )
    assert record.status == pb.ROUND_STATUS_SETTLED
    assert (paid.status, paid.amount) == (pb.CONTRIBUTION_STATUS_PAID, PAID)
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
