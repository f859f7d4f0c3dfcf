"""Proof of stake on a real network, while rounds run on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.chain import network
from tests.e2e.conftest import RunningNode
from tests.e2e.four.market import open_market
from tests.e2e.four.network import CHAIN_ID, Network
from tests.e2e.four.stakers import (
    DOWNTIME,
    address,
    join,
    newcomer,
    operator_of,
    power_at,
    proposers,
    send,
    share_a_key,
    until,
    until_jailed,
)

from assay.client import Client, faucet, messages
from assay.client.amounts import UASY
from assay.client.errors import TxRefused
from assay.crypto.accounts import generate
from assay.proto.staking_pb2 import SLASH_REASON_DOUBLE_SIGN

pytestmark = pytest.mark.e2e

STAKE = 1000 * UASY
PARAMS = ("preset=small", "key_pool=1", "ceremony_window=2000")

Make = Callable[..., Network]


@pytest.fixture
def follow(tmp_path: Path, pinned_cometbft: Path) -> Iterator[Callable[[str, Network], RunningNode]]:
    """Make a node that follows a network; it is stopped when the test ends."""
    nodes: list[RunningNode] = []

    def one(name: str, net: Network) -> RunningNode:
        nodes.append(newcomer(tmp_path / name, pinned_cometbft, net))
        return nodes[-1]

    yield one
    for node in nodes:
        node.close()


async def test_a_fifth_validator_joins_proposes_is_jailed_and_returns_while_a_round_runs(
    make: Make, follow: Callable[[str, Network], RunningNode], tmp_path: Path
) -> None:
    net = make(*PARAMS, *DOWNTIME).start()
    fifth, operator = follow("fifth", net).start(), generate()
    net.wait_for_keys(1)
    async with Client(net.first.rpc_url, CHAIN_ID) as client:
        market = await open_market(client, tmp_path)
        taking_part = asyncio.create_task(market.contribute())

        # Power follows a delegation two heights later.
        whom = operator_of(net.nodes[1]).address
        height = await send(client, faucet.account(), messages.delegate(whom, 7 * UASY))
        await client.blocks.until(height + 2)
        found = [power_at(net.first, height + after, net.nodes[1]) for after in (0, 1, 2)]
        assert found == [1000, 1000, 1007]

        # So does a validator that joins; its turn to propose comes.
        await faucet.pour(client, operator.address_text, 2 * STAKE)
        await asyncio.to_thread(fifth.wait_for_height, net.first.height(), 120)
        joined = await join(client, fifth, operator, STAKE)
        await client.blocks.until(joined + 2)
        assert [power_at(net.first, joined + after, fifth) for after in (1, 2)] == [0, 1000]
        own = address(fifth).hex().upper()
        await until(lambda: own in proposers(net.first, joined, net.first.height()), "a block of the fifth's")

        # Away for too long, it is jailed; it comes back, serves its time, and is let out.
        await asyncio.to_thread(fifth.kill)
        await until_jailed(client, operator)
        await taking_part
        await market.check_paid()
        await market.check_sum()
        stake = (await client.staking.validator(operator.address)).value.tokens
        assert stake == STAKE - STAKE // 10_000  # slash_downtime
        await until(lambda: power_at(net.first, net.first.height(), fifth) == 0, "the jailed one's leaving")
        await asyncio.to_thread(fifth.start)
        await client.blocks.until((await client.staking.signing_info(operator.address)).value.jailed_until)
        await asyncio.to_thread(fifth.wait_for_height, net.first.height(), 120)
        released = await send(client, operator, messages.unjail())
        await client.blocks.until(released + 2)
        assert power_at(net.first, released + 2, fifth) == 999
        await market.acknowledge()
    net.nodes.append(fifth)
    net.check_agreed()
    network.check_verified(fifth)


@pytest.mark.long
async def test_two_nodes_with_one_key_are_slashed_and_tombstoned_while_a_round_runs(
    make: Make, follow: Callable[[str, Network], RunningNode], tmp_path: Path
) -> None:
    net = make(*PARAMS).start()
    careless, twin = net.nodes[3], follow("twin", net)
    share_a_key(careless, twin)
    net.wait_for_keys(1)
    async with Client(net.first.rpc_url, CHAIN_ID) as client:
        market = await open_market(client, tmp_path)
        operator = operator_of(careless)
        before = (await client.query.supply()).value
        twin.start()
        taking_part = asyncio.create_task(market.contribute())
        await until_jailed(client, operator, 300)
        (slash,) = (await client.staking.slashes(operator.address)).value
        assert slash.reason == SLASH_REASON_DOUBLE_SIGN
        assert slash.burned == STAKE * 5 // 100
        assert (await client.staking.validator(operator.address)).value.tokens == STAKE - slash.burned
        assert (await client.staking.signing_info(operator.address)).value.tombstoned
        assert (await client.query.supply()).value.burned >= before.burned + slash.burned
        evidence = net.first.rpc("block", height=str(slash.height))["block"]["evidence"]["evidence"]
        assert {item["type"] for item in evidence} == {"tendermint/DuplicateVoteEvidence"}

        # Its round is still answered: three of four members are enough. It is never let out again.
        await taking_part
        await market.check_paid()
        await until(lambda: power_at(net.first, net.first.height(), careless) == 0, "its leaving the set")
        with pytest.raises(TxRefused, match="signed two blocks"):
            await send(client, operator, messages.unjail())
    for node in (careless, twin):
        await asyncio.to_thread(node.stop)
    net.nodes.remove(careless)
    net.check_agreed()
    network.check_verified(net.first)


@pytest.mark.long
async def test_a_validator_that_leaves_gets_its_stake_back_with_what_it_earned(
    make: Make, follow: Callable[[str, Network], RunningNode]
) -> None:
    net = make(*PARAMS, "unbonding_period=15").start()
    fifth, operator = follow("fifth", net).start(), generate()
    async with Client(net.first.rpc_url, CHAIN_ID) as client:
        await faucet.pour(client, operator.address_text, STAKE + UASY)
        await asyncio.to_thread(fifth.wait_for_height, net.first.height(), 120)
        joined = await join(client, fifth, operator, STAKE)
        await client.blocks.until(joined + 6)
        assert (await client.staking.delegation(operator.address, operator.address)).value.reward > 0
        left = await send(client, operator, messages.undelegate(operator.address, STAKE))
        await client.blocks.until(left + 2)
        assert [power_at(net.first, left + after, fifth) for after in (1, 2)] == [1000, 0]
        (entry,) = (await client.staking.unbonding(operator.address)).value
        assert (entry.balance, entry.completes) == (STAKE, left + 15)
        await client.blocks.until(entry.completes + 2)
        assert (await client.staking.unbonding(operator.address)).value == []
        balance = (await client.query.account(operator.address_text)).value.balance
        assert balance > STAKE
    net.nodes.append(fifth)
    net.check_agreed()
