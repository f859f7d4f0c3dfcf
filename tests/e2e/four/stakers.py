"""Validators that come to a local network later, and what the network says of its validators."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from tests.e2e.chain import network
from tests.e2e.conftest import RunningNode
from tests.e2e.four.network import ASSAYD, Network

from assay.client import Client, messages
from assay.client.joining import parse_keys
from assay.crypto.accounts import Account
from assay.crypto.mnemonics import account_from_words
from assay.node import cometbft
from assay.node.committee.identity import read_validator_address
from assay.node.founders import OPERATOR_FILE
from assay.node.home import open_home
from assay.node.tomlfile import set_values
from assay.proto.staking_pb2 import Description
from assay.proto.tx_pb2 import Message, MsgCreateValidator

SECONDS = 120
# Four fifths of a short window missed are jailed: a busy machine makes nobody miss so many.
DOWNTIME = ("signed_blocks_window=20", "min_signed=2000", "downtime_jail=5")


def newcomer(path: Path, binary: Path, net: Network) -> RunningNode:
    """Make a full node that follows a network, with keys of its own; it is connected to every validator."""
    peers = []
    for node in net.nodes:
        address = node.home.config()["p2p"]["laddr"].removeprefix("tcp://")
        peers += ["--peer", f"{cometbft.node_id(binary, node.home.path)}@{address}"]
    made = network.make_node(path, binary, "--genesis", str(net.first.home.genesis_file), *peers)
    home = made.home
    patient = {"consensus": {"timeout_propose": "1s"}, "p2p": {"allow_duplicate_ip": True}}
    home.config_file.write_text(set_values(home.config_file.read_text(), patient))
    start = ("start", "--check-invariants", "--log", "json")
    return RunningNode(open_home(path), [*ASSAYD, "--home", str(path), *start])


def address(node: RunningNode) -> bytes:
    """The consensus address of a node's validator; a key's members stand in this order."""
    return read_validator_address(node.home.path)


def operator_of(node: RunningNode) -> Account:
    """The account of a founder's operator."""
    return account_from_words((node.home.path / OPERATOR_FILE).read_text())


async def send(client: Client, account: Account, *given: Message) -> int:
    """Send messages; return the height of the block that has them."""
    pending = await client.send(account, list(given))
    return (await pending.wait()).height


async def join(client: Client, node: RunningNode, operator: Account, amount: int) -> int:
    """Make a node a validator, with the keys it shows; return the height."""
    shown = await asyncio.to_thread(network.assayd, node.home.path, "show-validator", operator.address_text)
    terms = MsgCreateValidator(
        description=Description(moniker="newcomer"),
        commission_rate=500,
        max_commission_rate=1000,
        max_commission_change=100,
        min_self_delegation=1_000_000,
        amount=amount,
    )
    keys = parse_keys(shown.stdout.encode())
    return await send(client, operator, messages.create_validator(keys.create(terms)))


def powers(node: RunningNode, height: int) -> dict[str, int]:
    """Who signs a height, by consensus address, as CometBFT has it."""
    found = node.rpc("validators", height=str(height), per_page="100")["validators"]
    return {entry["address"]: int(entry["voting_power"]) for entry in found}


def power_at(node: RunningNode, height: int, validator: RunningNode) -> int:
    """The voting power of one validator at a height; 0 if it is not in the set."""
    return powers(node, height).get(address(validator).hex().upper(), 0)


def proposers(node: RunningNode, first: int, last: int) -> set[str]:
    """Who made the blocks of some heights."""
    heights = range(first, last + 1)
    return {node.rpc("header", height=str(height))["header"]["proposer_address"] for height in heights}


async def until(condition: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Wait until something holds of the network."""
    try:
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(condition):
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"{what} did not happen within {seconds} s") from None


async def until_jailed(client: Client, operator: Account, seconds: float = SECONDS) -> None:
    """Wait until a validator is in jail."""
    async with asyncio.timeout(seconds):
        while not (await client.staking.validator(operator.address)).value.jailed:
            await asyncio.sleep(0.3)


def share_a_key(validator: RunningNode, other: RunningNode) -> None:
    """Give a node another validator's consensus key, as careless operators do."""
    name = "config/priv_validator_key.json"
    text = (validator.home.path / name).read_text()
    assert json.loads(text)["address"] != json.loads((other.home.path / name).read_text())["address"]
    (other.home.path / name).write_text(text)
