"""A network goes over to another version of the state, one validator after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.conftest import RunningNode
from tests.e2e.four.network import Network

pytestmark = pytest.mark.e2e

NEWER = Path(__file__).with_name("newer.py")
HEIGHT = 15


def install(node: RunningNode) -> RunningNode:
    """Give a node the newer program."""
    arguments = node.command[node.command.index("--home") :]
    node.command = [sys.executable, str(NEWER), *arguments]
    return node


def test_validators_are_upgraded_one_by_one(make: Callable[..., Network]) -> None:
    net = make("preset=small", "key_pool=1", "upgrade_version=2", f"upgrade_height={HEIGHT}").start()
    first, second, third, last = net.nodes

    # Two in time: they wait for the others, who stop in front of the block.
    for node in (first, second):
        node.stop()
        install(node).start()
    for node in (third, last):
        code, output = node.wait(120)
        assert code == 1
        assert f"block {HEIGHT} needs version 2 of the state, this program knows up to 1" in output
    code, output = third.start().wait(60)
    assert (code, "install a release that knows it" in output) == (1, True), output
    assert first.height() == HEIGHT  # decided by all, executed by two of four: there is no next block yet

    install(third).start()
    for node in (first, second, third):
        node.wait_for_height(HEIGHT + 3, 120)
    install(last).start()
    net.check_agreed()
    for node in net.nodes:
        params = node.chain_info().params
        assert (params.state_version, params.max_messages) == (2, 200)
        assert not params.upgrade_version
