"""A node joins four validators by the state of a recent height, from two peers, one of which lies."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.chain import network
from tests.e2e.conftest import RunningNode
from tests.e2e.four.market import Market, open_market
from tests.e2e.four.network import CHAIN_ID, Network
from tests.e2e.pages.newcomer import Newcomer, Word
from tests.e2e.pages.page import check_shown, docs

from assay.client import Client
from assay.crypto.accounts import encode_address
from assay.node import cometbft
from assay.node.home import open_home
from assay.node.ports import LOOPBACK, free_ports
from assay.node.tomlfile import set_values

pytestmark = pytest.mark.e2e

CORRUPT = Path(__file__).with_name("corrupt.py")
ACCOUNTS = 20_000
"""So that the records alone make several chunks."""
INTERVAL = 100


def with_accounts(net: Network) -> None:
    """Write the accounts into the genesis of all nodes."""
    genesis = net.first.home.genesis()
    genesis["app_state"]["accounts"] += [
        {"address": encode_address(number.to_bytes(20, "big")), "balance": "1"}
        for number in range(1, ACCOUNTS + 1)
    ]
    for node in net.nodes:
        node.home.genesis_file.write_text(json.dumps(genesis))


@pytest.fixture
def net(make: Callable[..., Network]) -> Network:
    """Four validators that take snapshots; the last one serves corrupt chunks of them."""
    made = make("preset=small", "key_pool=2", "ceremony_window=2000")
    with_accounts(made)
    for node in made.nodes:
        node.command.remove("--check-invariants")  # of so many accounts at each block
        node.home.change_settings({"snapshots": {"interval": INTERVAL, "keep": 10}})
    liar = made.nodes[3]
    liar.command = [sys.executable, str(CORRUPT), *liar.command[liar.command.index("--home") :]]
    return made


@pytest.fixture
def joiner(
    net: Network, tmp_path: Path, pinned_cometbft: Path, repository: Path
) -> Iterator[Callable[[], RunningNode]]:
    """Follow docs/state-sync.md with an honest peer and the one that lies; return the node, started."""
    words: dict[str, Word] = {
        "HOME": tmp_path / "joiner",
        "genesis.json": net.first.home.genesis_file,
        "ID@HOST:PORT": [peer_name(node, pinned_cometbft) for node in net.nodes[2:]],
        "URL": [node.rpc_url for node in net.nodes[:2]],
    }
    rpc, p2p = (f"{LOOPBACK}:{port}" for port in free_ports(2))
    options = {" init ": f"--rpc {rpc} --p2p {p2p}", " start$": "--log json"}
    page = docs(repository, "state-sync.md")
    init, look, trust, start = page.commands("Word by word")
    shown, _ = page.block("text", "Word by word")
    with Newcomer(tmp_path / "reader", words, options=options, binary=pinned_cometbft) as newcomer:

        def join() -> RunningNode:
            newcomer.type(init)
            opened = open_home(tmp_path / "joiner")
            text = opened.config_file.read_text()
            opened.config_file.write_text(set_values(text, {"statesync": {"discovery_time": "5s"}}))
            told = newcomer.type(look)
            check_shown(shown, told)
            newcomer.type(trust, {"HEIGHT:HASH": told.split()[-1]})
            return newcomer.start(start)

        yield join


def peer_name(node: RunningNode, binary: Path) -> str:
    address = node.home.config()["p2p"]["laddr"].removeprefix("tcp://")
    return f"{cometbft.node_id(binary, node.home.path)}@{address}"


def events(node: RunningNode, name: str) -> list[dict[str, Any]]:
    return [line for line in network.log_lines(node) if line["event"] == name]


def snapshot_after(net: Network, height: int) -> None:
    """Wait until all have a snapshot of a later height; it is the same bytes everywhere."""

    def common() -> list[int]:
        taken = [{line["height"] for line in events(node, "snapshot")} for node in net.nodes]
        return sorted(found for found in set.intersection(*taken) if found > height)

    newest = net.first.wait_until(common, "a snapshot that all have", 120)[-1]
    places = [node.home.snapshots / str(newest) for node in net.nodes]
    names = {tuple(sorted(file.name for file in place.iterdir())) for place in places}
    (files,) = names
    for name in files:
        assert len({(place / name).read_bytes() for place in places}) == 1


@pytest.mark.timeout(600)
@pytest.mark.long
async def test_a_node_joins_by_state_sync_though_a_peer_sends_corrupt_chunks(
    net: Network, joiner: Callable[[], RunningNode], tmp_path: Path, pinned_cometbft: Path
) -> None:
    net.start().wait_for_keys(1)
    async with Client(net.first.rpc_url, CHAIN_ID) as client:
        market = await open_market(client, tmp_path)
        await asyncio.to_thread(net.wait_for_keys, 1)
        await asyncio.to_thread(snapshot_after, net, net.first.height())
        node = await asyncio.to_thread(joiner)
        await asyncio.to_thread(killed_on_the_way, node)
        await asyncio.to_thread(node.wait_until, lambda: events(node, "state restored"), "a state", 240)
        check_restored(net, node, cometbft.node_id(pinned_cometbft, net.nodes[3].home.path))
        await settle(market, node)
    check_agrees(net, node)
    node.stop()
    node.start().wait_for_height(net.first.height() + 1)
    check_agrees(net, node)
    network.check_verified(node)


def killed_on_the_way(node: RunningNode) -> None:
    """Kill a node while the state comes in, and start it again: it begins anew."""
    node.wait_until(lambda: events(node, "restoring a snapshot"), "a snapshot", 240)
    node.kill()
    assert not events(node, "state restored")
    node.start()


def check_restored(net: Network, joiner: RunningNode, liar: str) -> None:
    """The state is that of a snapshot, and the liar was found out by its first chunk."""
    (restored,) = events(joiner, "state restored")
    assert restored["height"] % INTERVAL == 0
    assert net.first.rpc("header", height=str(restored["height"] + 1))["header"]["app_hash"].startswith(
        restored["app_hash"].upper()
    )
    # What it was asked for before it was found out may still arrive.
    assert {line["sender"] for line in events(joiner, "chunk refused, with its sender")} == {liar}
    (begun,) = events(joiner, "restoring a snapshot")
    assert begun["chunks"] > 5


async def settle(market: Market, joiner: RunningNode) -> None:
    """The round that was open goes on, and the new node, which computes its scores too, tells the same."""
    await market.contribute()
    record = await market.check_paid()
    await market.check_sum()
    async with Client(joiner.rpc_url, CHAIN_ID) as client:
        height = (await market.client.query.chain()).height
        await asyncio.to_thread(joiner.wait_for_height, height + 1)
        there = (await client.query.round(market.round_id)).value
    assert (there.status, there.paid, there.sum) == (record.status, record.paid, record.sum)


def check_agrees(net: Network, joiner: RunningNode) -> None:
    """What the new node executed itself came to the app hashes of the chain."""
    goal = net.first.height() + 1
    for node in (net.first, joiner):
        node.wait_for_height(goal + 1, 120)
    executed = network.executed_app_hashes(joiner)
    expected = network.header_app_hashes(net.first, min(executed), goal)
    assert goal in executed
    assert all(expected[height].startswith(executed[height]) for height in expected)
    assert min(executed) > 1
