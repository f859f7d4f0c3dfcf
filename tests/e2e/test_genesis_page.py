"""Four operators begin a chain by docs/genesis.md word by word, end it, and continue it as another one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import RunningNode
from tests.e2e.pages.newcomer import Newcomer
from tests.e2e.pages.page import Command, check_shown, docs

from assay.node.home import open_home
from assay.node.ports import LOOPBACK, free_ports
from assay.node.tomlfile import set_values

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(900)]


class Operator(Newcomer):
    """Somebody with a machine, that is: with homes and ports of their own."""

    def __init__(self, folder: Path, binary: Path, rpc: int, p2p: int) -> None:
        here = {"^assayd init": f"--rpc {LOOPBACK}:{rpc} --p2p {LOOPBACK}:{p2p}"}
        super().__init__(folder, {"HOST:26656": f"{LOOPBACK}:{p2p}"}, options=here, binary=binary)
        self.node_home = self.home_of("assayd start")

    @property
    def node(self) -> RunningNode:
        return self.running[-1]

    def address(self) -> str:
        return self.type("assay keys show operator").strip()

    def begin(self, command: Command) -> None:
        """Start the node; peers on one machine are what no page speaks of."""
        home = open_home(self.node_home)
        local = {"p2p": {"allow_duplicate_ip": True, "addr_book_strict": False}}
        home.config_file.write_text(set_values(home.config_file.read_text(), local))
        self.start(command)


@pytest.fixture
def operators(tmp_path: Path, pinned_cometbft: Path) -> Iterator[list[Operator]]:
    ports = free_ports(8)
    made = [Operator(tmp_path / f"operator{n}", pinned_cometbft, *ports[2 * n : 2 * n + 2]) for n in range(4)]
    yield made
    for operator in made:
        operator.close()


def test_a_chain_is_begun_and_continued_by_the_page(operators: list[Operator], repository: Path) -> None:
    page = docs(repository, "genesis.md")
    first, *_ = operators
    for operator in operators:
        for command in page.commands("Every operator"):
            operator.type(command)
    account, collect, validate = page.commands("The coordinator")
    for operator in operators:
        first.type(account, {"ADDRESS": operator.address()})
    gathered = first.folder / "gentxs"
    gathered.mkdir()
    for operator in operators:
        (sent,) = (operator.node_home / "config" / "gentx").iterdir()
        (gathered / sent.name).write_text(sent.read_text())
    first.type(collect)
    shown = first.type(validate)
    digest = re.findall(r"chain our-chain-1 begins at height 1, digest ([0-9a-f]{16})", shown)
    check_shown(page.block("text", "The coordinator")[0], shown)
    assert shown.count("25.00%") == 4
    with_a_remote_signer(operators[1], page.commands("Where the consensus key is not on the node"))

    take, start = page.commands("Every operator again")
    for operator in operators:
        sent = first.node_home / "config" / "genesis.json"
        (operator.folder / "genesis.json").write_text(sent.read_text())
        assert f"digest {digest[0]}" in operator.type(take)
        operator.begin(start)
    for operator in operators:
        operator.node.wait_for_height(3, 240)
    continued(operators, page.commands("Continuing a chain"))


def with_a_remote_signer(operator: Operator, commands: list[Command]) -> None:
    """What is said of one, with the key in the operator's home."""
    prove, show, sign = commands
    key_file = operator.node_home / "config" / "priv_validator_key.json"
    address = operator.address()
    proof = operator.type(prove, {"priv_validator_key.json": key_file, "ADDRESS": address}).split()
    operator.type(show, {"KEY": proof[1], "PROOF": proof[3], "ADDRESS": address})
    operator.type(sign)


def continued(operators: list[Operator], commands: list[Command]) -> None:
    export, *anew, start = commands
    for operator in operators:
        operator.interrupt()
    heights = [
        json.loads(operator.type("assayd export 2>/dev/null"))["initial_height"] for operator in operators
    ]
    assert len(set(heights)) <= 2  # stopped one after the other; a real chain agrees on a height
    lowest = min(int(height) - 1 for height in heights)
    states = []
    for operator in operators:
        operator.type(f"{export.text} --height {lowest}")
        states.append(json.loads((operator.folder / "continued.json").read_text())["app_state"])
    assert all(state == states[0] for state in states)

    for operator in operators:
        (operator.folder / "continued.json").write_text((operators[0].folder / "continued.json").read_text())
        for command in anew:
            operator.type(command)
        operator.begin(start)
    for operator in operators:
        operator.node.wait_for_height(lowest + 3, 240)
        assert operator.node.rpc("status")["node_info"]["network"] == "our-chain-2"
