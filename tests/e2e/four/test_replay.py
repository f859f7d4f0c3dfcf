"""A long chain with everything in it, executed again from its first block: every app hash is the header's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.chain import network
from tests.e2e.four.market import open_market
from tests.e2e.four.network import CHAIN_ID, Network
from tests.e2e.four.stakers import DOWNTIME, newcomer, operator_of, send, until_jailed
from tests.e2e.four.upgrading import decide, install

from assay.client import Client, faucet, messages
from assay.client.amounts import UASY
from assay.proto.staking_pb2 import SLASH_REASON_DOWNTIME

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(900)]

HEIGHT = 300
"""At least so many blocks."""
SECONDS = 400


async def stake(client: Client, net: Network) -> None:
    """Delegate, change one's mind, leave, be paid."""
    first, second = (operator_of(node).address for node in net.nodes[1:3])
    await send(client, faucet.account(), messages.delegate(first, 9 * UASY))
    await send(client, faucet.account(), messages.redelegate(first, second, 4 * UASY))
    await send(client, faucet.account(), messages.undelegate(first, 2 * UASY))
    await send(client, faucet.account(), messages.withdraw_reward(first))


async def slash_one(client: Client, net: Network) -> None:
    """Have a validator away until it is slashed and jailed, and let it out again."""
    careless = net.nodes[3]
    operator = operator_of(careless)
    await asyncio.to_thread(careless.kill)
    await until_jailed(client, operator)
    await asyncio.to_thread(careless.start)
    await client.blocks.until((await client.staking.signing_info(operator.address)).value.jailed_until)
    await asyncio.to_thread(careless.wait_for_height, net.first.height(), 120)
    await send(client, operator, messages.unjail())
    (slash,) = (await client.staking.slashes(operator.address)).value
    assert slash.reason == SLASH_REASON_DOWNTIME


async def live(net: Network, folder: Path) -> None:
    """Have everything happen that changes state."""
    upgraded = await decide(net)
    net.wait_for_keys(1)
    async with Client(net.first.rpc_url, CHAIN_ID) as client:
        market = await open_market(client, folder)
        await asyncio.gather(market.contribute(), stake(client, net))
        await market.check_paid()
        await market.check_sum()
        await market.acknowledge()
        await slash_one(client, net)
        await client.blocks.until(upgraded)
    assert net.first.chain_info().params.state_version == 2
    net.first.wait_for_height(HEIGHT + 1, SECONDS)


def test_every_app_hash_comes_out_again(
    make: Callable[..., Network], tmp_path: Path, pinned_cometbft: Path
) -> None:
    net = make("preset=small", "key_pool=1", "ceremony_window=2000", "unbonding_period=30", *DOWNTIME)
    for node in net.nodes:
        install(node)
    net.start()
    asyncio.run(live(net, tmp_path))
    app_hashes = network.header_app_hashes(net.first, 1, net.first.height() - 1)
    assert len(app_hashes) >= HEIGHT

    network.check_replays(net.nodes[1], app_hashes, SECONDS)  # from its own blocks

    follower = install(newcomer(tmp_path / "follower", pinned_cometbft, net))  # from its peers' blocks
    net.nodes.append(follower)
    follower.start().wait_for_height(max(app_hashes) + 2, SECONDS)
    network.check_replayed(follower, app_hashes)
    print(f"{len(app_hashes)} blocks executed again, twice")
