"""People of the scenarios: who owns a model, who contributes, and what they have at home."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assay.client import Client, faucet, messages
from assay.client.bounty import Terms, open_bounty
from assay.client.cli.model import draft_model
from assay.client.contribution import Prepared, carry_through, load_saved, prepare, save
from assay.client.home import Home
from assay.client.release import CannotCollect, Floats, open_sum
from assay.client.train.sgd import update
from assay.client.train.table import load
from assay.client.tx_results import TxResult
from assay.crypto.accounts import Account, generate
from assay.crypto.ckks.packing import normalise
from assay.proto.model_pb2 import Model
from assay.proto.state_pb2 import Contribution, Round
from assay.proto.tx_pb2 import Message
from assay.state.rules.models import model_id

ASY = 1_000_000
TARGET = "label"


def note(_: str) -> None:
    """Take a report; the scenarios look at the chain instead."""


@dataclass
class Person:
    """An account, and a home directory for what must not be lost.

    Attributes
    ----------
    begin
        Balance when the person was given money.
    """

    name: str
    home: Home
    begin: int
    account: Account = field(default_factory=generate)

    @property
    def address(self) -> str:
        return self.account.address_text

    async def send(self, client: Client, *parts: Message) -> TxResult:
        """Send one transaction, wait for its block, and until its result can be proven."""
        result = await (await client.send(self.account, parts)).wait()
        await client.blocks.until(result.height + 1)
        return result


async def people(client: Client, folder: Path, names: Sequence[str], amount: int = 100 * ASY) -> list[Person]:
    """Make people with money, all in one transaction of the faucet."""
    made = [Person(name, Home(folder / name), amount) for name in names]
    parts = [messages.transfer(person.account.address, amount) for person in made]
    result = await (await client.send(faucet.account(), parts)).wait()
    await client.blocks.until(result.height + 1)
    return made


# --- data --------------------------------------------------------------------


def write_parts(
    folder: Path, sizes: Sequence[int], *, features: int = 10, classes: int = 2, flipped: Sequence[int] = ()
) -> list[Path]:
    """Write CSV files of one classification problem; parts named in `flipped` have wrong labels."""
    drawn = np.random.default_rng(features * 1000 + classes)
    directions = drawn.normal(size=(features, classes))
    spread, shift = drawn.uniform(0.5, 3, features), drawn.normal(size=features)
    paths = []
    for number, size in enumerate(sizes):
        x = drawn.normal(size=(size, features))
        labels = (x @ directions + drawn.normal(size=(size, classes))).argmax(axis=1)
        if number in flipped:
            labels = (labels + 1) % classes
        paths.append(folder / f"part{number}.csv")
        _write(paths[-1], x * spread + shift, labels)
    return paths


def _write(path: Path, rows: NDArray[np.float64], labels: NDArray[np.int64]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(f"x{number}" for number in range(rows.shape[1])), TARGET])
        for row, label in zip(rows, labels, strict=True):
            writer.writerow([*(f"{value:.5f}" for value in row), f"class{label}"])


# --- owner and contributors --------------------------------------------------


@dataclass
class Bounty:
    """A posted model with its owner and the data it is judged by."""

    owner: Person
    model: Model
    held_out: Path

    @property
    def model_id(self) -> bytes:
        return model_id(self.owner.account.address, self.model)

    async def open(self, client: Client, terms: Terms) -> Round:
        """Open a round; return its record."""
        data = load(self.held_out, self.model)
        number, result = await open_bounty(
            client, self.owner.account, self.owner.home, self.model_id, data, terms, note
        )
        await client.blocks.until(result.height + 1)
        return (await client.query.round(number)).value

    def update(self, path: Path) -> NDArray[np.float64]:
        """What training on a file changes, normalised as it is before it is encrypted."""
        return normalise(update(self.model, load(path, self.model)))


async def post_model(client: Client, owner: Person, held_out: Path) -> Bounty:
    model = draft_model(held_out, "a model", "logistic", TARGET)
    await owner.send(client, messages.post_model(model))
    return Bounty(owner, model, held_out)


async def until_status(client: Client, round_id: int, *statuses: int) -> Round:
    """Wait until a round has one of the statuses."""
    async with aclosing(client.blocks.follow()) as heights:
        async for _ in heights:
            record = (await client.query.round(round_id)).value
            if record.status in statuses:
                return record
    raise AssertionError("follow() does not end")


async def contribute(
    client: Client, person: Person, round_id: int, data: Path, reserve: int = 0
) -> tuple[Round, Contribution]:
    """Take part in a round from the beginning, or from wherever an earlier run has stopped."""
    kept = await kept_contribution(client, person, round_id)
    if kept is None:
        kept = await prepare(client, person.account.address, round_id, data, None, reserve, note)
        save(person.home, kept)
    return await carry_through(client, person.account, person.home, kept, note)


async def kept_contribution(client: Client, person: Person, round_id: int) -> Prepared | None:
    return load_saved(person.home, await client.chain_id(), round_id, person.account.address)


async def opened_sum(client: Client, owner: Person, round_id: int) -> tuple[Model, Floats, tuple[int, ...]]:
    """Open the sum as soon as the committee has released it."""
    async with aclosing(client.blocks.follow()) as heights:
        async for _ in heights:
            with suppress(CannotCollect):
                return await open_sum(client, owner.home, round_id)
    raise AssertionError("follow() does not end")


async def whole_round(client: Client, folder: Path) -> Round:
    """Have a round with three contributors, to its end; return its record."""
    owner, *crowd = await people(client, folder, ["owner", "first", "second", "third"])
    held_out, *parts = write_parts(folder, [100, 80, 60, 50])
    bounty = await post_model(client, owner, held_out)
    opened = await bounty.open(client, Terms(10 * ASY, min_contributors=3, max_contributors=3))
    ended = await asyncio.gather(
        *(contribute(client, person, opened.id, part) for person, part in zip(crowd, parts, strict=True))
    )
    return ended[0][0]
