"""Whole rounds on four validators, some of which are killed meanwhile."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from tests.e2e.chain import books, network
from tests.e2e.four.market import open_market
from tests.e2e.four.network import Network, secrets, stands_still

from assay.client import Client
from assay.node import cometbft
from assay.proto import state_pb2 as pb

pytestmark = pytest.mark.e2e

RESUME_SECONDS = 20


async def test_a_round_settles_with_one_validator_killed_and_takes_its_share_when_it_returns(
    four: Network, client: Client, tmp_path: Path
) -> None:
    market = await open_market(client, tmp_path)
    taking_part = asyncio.create_task(market.contribute())
    await market.until(pb.ROUND_STATUS_REVEAL)
    victim, others = four.nodes[3], four.nodes[:3]
    await asyncio.to_thread(victim.kill)
    killed = time.monotonic()
    seen = max(node.height() for node in others)
    for node in others:
        await asyncio.to_thread(node.wait_for_height, seen + 2, RESUME_SECONDS)
    print(f"two blocks within {time.monotonic() - killed:.1f} s of the kill")

    await taking_part
    record = await market.check_paid()
    await market.check_sum()  # three members' shares are enough
    assert await release_shares(client, record.id) == 3

    await asyncio.to_thread(victim.start)
    await until_release_shares(client, record.id, 4)
    assert len((await client.query.key(record.key_id)).value.members) == 4
    await market.acknowledge()
    four.check_erased(record.key_id)
    four.check_agreed()
    network.check_verified(victim)
    network.check_quiet(four.first)


@pytest.mark.long
async def test_a_chain_halts_with_two_validators_killed_and_resumes_when_one_returns(
    four: Network, client: Client, tmp_path: Path
) -> None:
    market = await open_market(client, tmp_path)
    taking_part = asyncio.create_task(market.contribute())
    await market.until(pb.ROUND_STATUS_REVEAL, pb.ROUND_STATUS_SCORING)
    one, other = four.nodes[1:3]
    await asyncio.gather(asyncio.to_thread(one.kill), asyncio.to_thread(other.kill))
    halted = await asyncio.to_thread(stands_still, four.first, 3)

    started = time.monotonic()
    await asyncio.to_thread(one.start)
    await asyncio.to_thread(four.first.wait_for_height, halted + 2, 60)
    print(f"resumed {time.monotonic() - started:.1f} s after the node was started")
    await taking_part
    await market.check_paid()
    await market.check_sum()

    await asyncio.to_thread(other.start)
    await until_release_shares(client, market.round_id, 4)
    await market.acknowledge()
    four.check_agreed()
    for node in four.nodes:
        network.check_verified(node)


@pytest.mark.long
async def test_a_validator_that_lost_its_chain_gets_it_from_its_peers_and_answers_from_its_committee_file(
    four: Network, client: Client, tmp_path: Path
) -> None:
    market = await open_market(client, tmp_path)
    record = (await client.query.round(market.round_id)).value
    returning, absent = four.nodes[2:]
    await asyncio.to_thread(returning.stop)
    assert record.key_id in secrets(returning)
    reset = await asyncio.to_thread(network.assayd, returning.home.path, "reset", "--yes")
    assert reset.returncode == 0, reset.stderr
    assert not list(returning.home.store.iterdir())
    assert cometbft.signed_height(returning.home.path) > 0
    await asyncio.to_thread(returning.start)
    await asyncio.to_thread(returning.wait_for_height, four.first.height(), 120)
    assert set(network.executed_app_hashes(returning)) >= set(range(1, record.created))

    # From now on no share can be missed: of four members three have to answer.
    await asyncio.to_thread(absent.kill)
    await market.contribute()
    await market.check_paid()
    await market.check_sum()
    await asyncio.to_thread(absent.start)
    await until_release_shares(client, record.id, 4)
    await market.acknowledge()
    four.check_erased(record.key_id)
    four.check_agreed()
    network.check_verified(returning)


async def release_shares(client: Client, round_id: int) -> int:
    """How many members have released their share of a round's sum."""
    history = await books.round_history(client, round_id)
    return sum(event.attributes["what"] == "release_share" for _, event in history)


async def until_release_shares(client: Client, round_id: int, count: int) -> None:
    async with asyncio.timeout(120):
        while await release_shares(client, round_id) < count:
            await asyncio.sleep(0.5)
