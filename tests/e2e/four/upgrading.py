"""A network that goes over to another version of the state."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.e2e.conftest import RunningNode
from tests.e2e.four.network import CHAIN_ID, Network
from tests.e2e.four.stakers import operator_of

from assay.client import Client, messages

NEWER = Path(__file__).with_name("newer.py")
AHEAD = 16


def install(node: RunningNode) -> RunningNode:
    """Give a node the newer program."""
    arguments = node.command[node.command.index("--home") :]
    node.command = [sys.executable, str(NEWER), *arguments]
    return node


async def decide(net: Network) -> int:
    """Have three of four validators signal for version 2; return the height."""
    async with Client(net.first.rpc_url, CHAIN_ID) as client:
        height = net.first.height() + AHEAD
        for node in net.nodes[:3]:
            assert not net.first.chain_info().params.upgrade_version
            result = await (await client.send(operator_of(node), [messages.signal_upgrade(2, height)])).wait()
        await client.blocks.until(result.height + 1)  # until it can be proven
    decided = net.first.chain_info().params
    assert (decided.upgrade_version, decided.upgrade_height) == (2, height)
    return height
