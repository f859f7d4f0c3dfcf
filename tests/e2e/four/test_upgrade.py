"""A network agrees on another version of the state, and goes over to it one validator after the other."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.e2e.conftest import RunningNode
from tests.e2e.four.network import CHAIN_ID, Network

from assay.client import Client, messages
from assay.client.cli.main import main as assay
from assay.crypto.mnemonics import account_from_words
from assay.node.founders import OPERATOR_FILE

pytestmark = pytest.mark.e2e

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
            operator = account_from_words((node.home.path / OPERATOR_FILE).read_text())
            result = await (await client.send(operator, [messages.signal_upgrade(2, height)])).wait()
        await client.blocks.until(result.height + 1)  # until it can be proven
    decided = net.first.chain_info().params
    assert (decided.upgrade_version, decided.upgrade_height) == (2, height)
    return height


@pytest.mark.long
def test_validators_are_upgraded_one_by_one(make: Callable[..., Network]) -> None:
    net = make("preset=small", "key_pool=1").start()
    first, second, third, last = net.nodes
    height = asyncio.run(decide(net))
    shown = CliRunner().invoke(assay, ["--node", first.rpc_url, "upgrade", "status"], env={"COLUMNS": "200"})
    assert f"decided: version 2 at height {height}" in shown.stdout, shown.output

    # Two in time: they wait for the others, who stop in front of the block.
    for node in (first, second):
        node.stop()
        install(node).start()
    for node in (third, last):
        code, output = node.wait(120)
        assert code == 1
        assert f"block {height} needs version 2 of the state, this program knows up to 1" in output
    code, output = third.start().wait(60)
    assert (code, "install a release that knows it" in output) == (1, True), output
    assert first.height() == height  # decided by all, executed by two of four: there is no next block yet

    install(third).start()
    for node in (first, second, third):
        node.wait_for_height(height + 3, 120)
    install(last).start()
    net.check_agreed()
    for node in net.nodes:
        params = node.chain_info().params
        assert (params.state_version, params.max_messages) == (2, 200)
        assert not params.upgrade_version
