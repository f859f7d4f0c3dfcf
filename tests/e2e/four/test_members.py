"""Other committees than the shared one: of seven, with one that has left the set, with members that cheat."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.chain import network
from tests.e2e.conftest import RunningNode
from tests.e2e.four.market import open_market
from tests.e2e.four.network import CHAIN_ID, Network
from tests.e2e.four.stakers import address, operator_of, power_at, send

from assay.client import Client
from assay.client.amounts import UASY
from assay.client.messages import undelegate
from assay.proto import state_pb2 as pb

pytestmark = pytest.mark.e2e

ONE_KEY = ("preset=small", "key_pool=1", "ceremony_window=2000")
CHEAT = Path(__file__).with_name("cheat.py")


@pytest.mark.long
async def test_a_round_settles_with_two_of_seven_killed(make: Callable[..., Network], tmp_path: Path) -> None:
    net = make("preset=small", "key_pool=1", "ceremony_window=2000", validators=7).start()
    net.wait_for_keys(1)
    async with Client(net.first.rpc_url, CHAIN_ID) as client:
        market = await open_market(client, tmp_path)
        for node in net.nodes[5:]:
            await asyncio.to_thread(node.kill)
        await market.contribute()
        record = await market.check_paid()
        await market.check_sum()
        assert len((await client.query.key(record.key_id)).value.members) == 7
        for node in net.nodes[5:]:
            await asyncio.to_thread(node.start)
        await market.acknowledge()
    net.check_erased(record.key_id)
    net.check_agreed()


@pytest.mark.long
async def test_a_member_without_a_vote_answers_by_messages(
    make: Callable[..., Network], tmp_path: Path
) -> None:
    """One that has left the validators while its key is in use; the first is two thirds with any other."""
    net = make(*ONE_KEY, "unbonding_period=2000", stakes=("4000asy", *["1000asy"] * 3)).start()
    net.wait_for_keys(1)
    async with Client(net.first.rpc_url, CHAIN_ID) as client:
        market = await open_market(client, tmp_path)
        operator = operator_of(net.nodes[3])
        left = await send(client, operator, undelegate(operator.address, 1000 * UASY))
        await client.blocks.until(left + 2)
        assert power_at(net.first, left + 2, net.nodes[3]) == 0
        # Of four members three have to answer, so without the one that has no vote nothing is decided.
        await asyncio.to_thread(net.nodes[2].kill)
        await market.contribute()
        record = await market.check_paid()
        await market.check_sum()
        await asyncio.to_thread(net.nodes[2].start)
        await market.acknowledge()
        members = (await client.query.key(record.key_id)).value.members
        assert address(net.nodes[3]) in [member.seat.validator for member in members]
    net.check_erased(record.key_id)
    net.check_agreed()


def cheating(node: RunningNode, kind: str, file: Path) -> None:
    """Let a node cheat with one kind of share while a file exists."""
    arguments = node.command[node.command.index("--home") :]
    node.command = [sys.executable, str(CHEAT), kind, str(file), *arguments]


async def test_a_member_that_sends_wrong_score_shares_is_named_and_the_scores_are_right(
    make: Callable[..., Network], tmp_path: Path
) -> None:
    net = make("preset=small", "key_pool=1")
    liar, now = net.nodes[3], tmp_path / "now"
    cheating(liar, "score", now)
    net.start().wait_for_keys(1)
    async with Client(net.first.rpc_url, CHAIN_ID) as client:
        market = await open_market(client, tmp_path)
        assert await faults(client, liar) == []
        now.touch()
        await market.contribute()
        record = await market.check_paid()
        await market.check_sum()
        named = await faults(client, liar)
        assert (record.key_id, pb.FAULT_KIND_WRONG_SCORE_SHARE) in named
        assert {kind for _, kind in named} == {pb.FAULT_KIND_WRONG_SCORE_SHARE}  # of the next key's test, too
        assert [await faults(client, node) for node in net.nodes[:3]] == [[], [], []]
    net.check_agreed()
    network.check_verified(net.first)


async def faults(client: Client, node: RunningNode) -> list[tuple[int, int]]:
    """Keys and kinds of what a node's validator did wrong."""
    found = await client.query.faults(address(node))
    return [(fault.key_id, fault.kind) for fault in found.value]


@pytest.mark.long
async def test_a_member_that_sends_a_wrong_part_of_the_relinearisation_key_is_named_and_replaced(
    make: Callable[..., Network], tmp_path: Path
) -> None:
    """Such a share is noticed but cannot be corrected: the seeds are opened, and others make another key."""
    net, liar, others = with_a_liar(make, tmp_path, "relin")
    async with Client(net.first.rpc_url, CHAIN_ID) as client:
        market = await open_market(client, tmp_path)
        await market.contribute()
        record = await market.check_paid()
        await market.check_sum()
        assert await faults(client, liar) == [(1, pb.FAULT_KIND_WRONG_KEY_SHARE)]
        assert [await faults(client, node) for node in others] == [[], [], [], []]
        assert (await client.query.key(1)).value.status == pb.KEY_STATUS_FAILED
        assert await members(client, record.key_id) == [address(node) for node in others]
    net.check_agreed()
    network.check_verified(net.first)


@pytest.mark.long
async def test_a_member_that_sends_a_wrong_part_of_the_public_key_is_named_and_jailed(
    make: Callable[..., Network], tmp_path: Path
) -> None:
    net, liar, others = with_a_liar(make, tmp_path, "public_key")
    async with Client(net.first.rpc_url, CHAIN_ID) as client:
        assert await faults(client, liar) == [(1, pb.FAULT_KIND_WRONG_KEY_SHARE)]
        assert address(liar) in await members(client, 1)
        assert (await client.query.key(1)).value.status == pb.KEY_STATUS_FAILED  # with its member
        assert (await client.staking.validator(operator_of(liar).address)).value.jailed
        market = await open_market(client, tmp_path)
        await market.contribute()
        await market.check_paid()
        await market.check_sum()
        await asyncio.to_thread(net.wait_for_keys, 1)
        assert await members(client, 2) == [address(node) for node in others]
        assert [await faults(client, node) for node in others] == [[], [], [], []]
    net.check_agreed()


def with_a_liar(
    make: Callable[..., Network], tmp_path: Path, kind: str
) -> tuple[Network, RunningNode, list[RunningNode]]:
    """Start five validators; the one with most stake sends wrong shares. Wait for a key all the same."""
    net = make("preset=small", "key_pool=1", validators=5, stakes=("2000asy", *["1000asy"] * 4))
    liar, others = net.nodes[0], sorted(net.nodes[1:], key=address)
    (tmp_path / "now").touch()
    cheating(liar, kind, tmp_path / "now")
    net.start().wait_for_keys(1)
    return net, liar, others


async def members(client: Client, key_id: int) -> list[bytes]:
    """The validators that hold a key."""
    return [member.seat.validator for member in (await client.query.key(key_id)).value.members]
