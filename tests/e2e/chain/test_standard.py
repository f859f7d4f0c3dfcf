"""A round with the preset standard and two ciphertexts in each submission: half a megabyte a reveal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.e2e.chain import books
from tests.e2e.chain.network import CHAIN_ID, check_quiet
from tests.e2e.chain.people import ASY, contribute, opened_sum, people, post_model, write_parts
from tests.e2e.conftest import RunningNode

from assay.client import Client
from assay.client.bounty import Terms
from assay.client.release import acknowledge
from assay.crypto.ckks.payload import payload_bytes
from assay.crypto.presets import STANDARD, noise_bound
from assay.proto import state_pb2 as pb

pytestmark = pytest.mark.e2e

BOUNTY = 10 * ASY
FEATURES, CLASSES = 1400, 3  # 4,203 parameters, more than one ciphertext holds


async def test_a_whole_round_with_the_preset_standard(
    first_node: Callable[..., RunningNode], tmp_path: Path
) -> None:
    node = first_node("key_pool=1").start()
    sizes, wrong = [60, 60, 50, 40, 30], 4
    held_out, *parts = write_parts(tmp_path, sizes, features=FEATURES, classes=CLASSES, flipped=[wrong])
    node.wait_for_key()
    async with Client(node.rpc_url, CHAIN_ID) as client:
        owner, *crowd = await people(client, tmp_path, ["owner", "first", "second", "third", "wrong"])
        bounty = await post_model(client, owner, held_out)
        terms = Terms(BOUNTY, min_contributors=3, max_contributors=4)
        opened = await bounty.open(client, terms)
        assert opened.ciphertexts == 2
        await asyncio.gather(
            *(contribute(client, person, opened.id, part) for person, part in zip(crowd, parts, strict=True))
        )
        record, items, explanation = await books.explained(client, opened.id)
        assert (record.status, record.outcome) == (pb.ROUND_STATUS_SETTLED, "paid")
        by_sender = {item.sender: item for item in items}
        amounts = [by_sender[person.account.address].amount for person in crowd]
        assert (sum(amounts), amounts[-1]) == (BOUNTY - explanation.committee, 0)
        assert all(amount > 0 for amount in amounts[:-1])
        await books.check_round_closed(client, record)

        model, total, liars = await opened_sum(client, owner, record.id)
        expected = np.sum([bounty.update(path) for path in parts[:-1]], axis=0)
        error = 2 * (STANDARD.release_mask + 3 * noise_bound(STANDARD, 1)) / (2 * STANDARD.scale)
        assert (len(total), liars) == (len(model.weights), ())
        assert np.abs(total - expected).max() < error
        await acknowledge(client, owner.account, record.id)
        await check_sizes(client, record.id)
    check_quiet(node)


async def check_sizes(client: Client, round_id: int) -> None:
    """Nothing was made smaller on the way: every reveal went whole through RPC, mempool and a block."""
    reveals = []
    async for height, events in books.transactions(client, f"round.id='{round_id}'"):
        if any(event.attributes.get("what") == "revealed" for event in events):
            block = await client.rpc.call("block", height=str(height))
            reveals += [len(tx) * 3 // 4 for tx in block["block"]["data"]["txs"]]
    assert max(reveals) > payload_bytes(STANDARD, 2) > 500_000
