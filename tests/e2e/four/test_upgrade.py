"""A network agrees on another version of the state, and goes over to it one validator after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.four.network import Network
from tests.e2e.four.upgrading import install
from tests.e2e.pages.newcomer import Newcomer, Word
from tests.e2e.pages.page import Page, docs

from assay.node.founders import OPERATOR_FILE

pytestmark = pytest.mark.e2e

AHEAD = 150
"""Blocks: enough for everything that is typed before."""


@pytest.fixture
def operators(tmp_path: Path) -> Callable[[Network], list[Newcomer]]:
    """Each validator's operator, with its account in a home of their own."""

    def make_all(net: Network) -> list[Newcomer]:
        made = []
        for number, node in enumerate(net.nodes):
            newcomer = Newcomer(tmp_path / f"operator{number}")
            newcomer.environment["ASSAY_NODE"] = net.first.rpc_url
            newcomer.type(f"assay keys import operator --mnemonic-file {node.home.path / OPERATOR_FILE}")
            made.append(newcomer)
        return made

    return make_all


def decide(net: Network, operators: list[Newcomer], page: Page) -> int:
    """Have three of four operators signal for version 2 as the page says; return the height."""
    restart, signal, status, withdraw = page.commands("For operators")
    assert restart.text == "systemctl restart assayd"  # which is what `install` and a start stand for here
    height = net.first.height() + AHEAD
    first, second, third, _ = operators
    named: dict[str, Word] = {"500000": str(height)}
    for operator in (first, second):
        operator.type(signal, named)
    second.type(withdraw)
    third.type(signal, named)
    assert not net.first.chain_info().params.upgrade_version
    second.type(signal, named)
    net.first.wait_for_height(net.first.height() + 2)  # until it can be proven
    second.type(status, named)
    decided = net.first.chain_info().params
    assert (decided.upgrade_version, decided.upgrade_height) == (2, height)
    return height


@pytest.mark.long
def test_validators_are_upgraded_one_by_one(
    make: Callable[..., Network], operators: Callable[[Network], list[Newcomer]], repository: Path
) -> None:
    net = make("preset=small", "key_pool=1").start()
    first, second, third, last = net.nodes
    height = decide(net, operators(net), docs(repository, "upgrades.md"))

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
