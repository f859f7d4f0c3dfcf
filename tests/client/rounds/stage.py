"""An owner with a model, and what people have at home, for rounds through the SDK."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tests.client.devnode import ALICE

from assay.client import Client, messages
from assay.client import contribution as flow
from assay.client.bounty import CannotOpen, Terms, open_bounty, ready_key
from assay.client.contribution import Prepared
from assay.client.home import Home
from assay.client.train.manifest import KINDS, make_model
from assay.client.train.table import load
from assay.crypto.accounts import Account
from assay.proto.model_pb2 import Model
from assay.proto.state_pb2 import Contribution, Round

FEATURES = ["a", "b", "c"]
TRUTH = np.array([2.0, -1.0, 0.5])
# A little against the truth; the opposite would leave no progress at all.
ELSEWHERE = np.array([-1.0, 0.5, 3.0])
BOUNTY = 1_000_000
# A hundredth of a bounty that is paid goes to the committee.
PAID = 990_000
Floats = NDArray[np.float64]


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


async def make_stage(client: Client, tmp_path: Path) -> Stage:
    held_out = write_rows(tmp_path / "held-out.csv", 1, 200)
    rows = np.loadtxt(held_out, delimiter=",", skiprows=1)[:, :3]
    model = make_model(f"model {next(_NAMES)}", KINDS["linear"], FEATURES, rows, "y", [])
    result = await (await client.send(ALICE, [messages.post_model(model)])).wait()
    await client.blocks.until(result.height + 1)
    (event,) = [event for event in result.events if event.kind == "model"]
    await asyncio.wait_for(key_is_ready(client), 60)
    return Stage(client, tmp_path, model, bytes.fromhex(event.attributes["id"]), held_out)


async def key_is_ready(client: Client) -> None:
    async for _ in client.blocks.follow():
        try:
            await ready_key(client, print)
        except CannotOpen as error:
            assert "keys" in str(error) or "blocks" in str(error)  # noqa: PT017
        else:
            return
