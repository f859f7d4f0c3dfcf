"""docs/validators.md, followed word by word: its commands, in their order, against a real network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.pages.newcomer import Newcomer
from tests.e2e.pages.page import INTERRUPT, Command, Page, check_shown, docs

from assay.node.home import open_home
from assay.node.ports import LOOPBACK, free_ports

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(900)]

JAIL = "Jail, and the way out"
PARAMS = "--base-port 0 --param preset=small --param key_pool=1"

EXPECTED = {
    "assayd testnet --param": "Created .* of chain assay-dev",
    "assay keys add": r"assay1\w{38}\n\n(\w+ ?){24}\n",
    "assay faucet me": r"sent 1,000 ASY to assay1\w{38} in block",
    "assayd --home mynode init": r"Created .*mynode, a node of chain assay-dev",
    "assayd --home mynode show-validator": "",
    "assay stake create-validator": r"created the validator fifth, in block \d+",
    "assay faucet saver": "sent 100 ASY",
    "assay stake delegate": r"delegated 50 ASY to fifth \(assay1",
    "assay query delegations-to": r"(?s)│ 800 ASY │ .* 94\.12% │.* 50 ASY │ .* 5\.88% │",
    "assay query rewards": r"\d\.\d+ ASY in all, paid to assay1",
    "assay stake withdraw": r"withdrew \d+\.\d+ ASY",
    "assay query slashes": r"downtime.* 0\.01% │ 0\.085 ASY",
    "assay stake unjail": r"unjailed the validator of assay1",
    "assay stake undelegate": r"undelegated [\d.]+ ASY from fifth .*; it is free at height \d+",
    "assay query account": r"balance .* 1,0\d\d\.\d+ ASY",
}
"""By how a command begins: what its output must match, once what the page tells of has come to pass."""

# Commands that the page gives several times, with what they show each time.
IN_TURN = {
    "assayd --home mynode status": [r"(?s)catching up +no\n.*voting power +0\n", r"voting power +800\n"],
    "assay query validators": [
        r"(?s)\A(?!.*fifth)",
        r"fifth .* 16\.67% |fifth .* 44\.44%",
        r"(?s)\A(?!.*fifth)",
    ],
    "assay query validator me": [r"(unbonding until \d+|unbonded), jailed", r"status +│ bonded"],
    "assay query unbonding": [r"│ (799\.92|800) ASY │", ": none"],
}


class Reader:
    """Somebody at three terminals; what a command shows at last is what the tables above say.

    `as_shown`: on a network like the page's, so that everything is as it is shown there.
    """

    def __init__(self, newcomer: Newcomer) -> None:
        self.newcomer, self.as_shown = newcomer, False
        self.turns = {command: iter(patterns) for command, patterns in IN_TURN.items()}

    def follow(self, command: Command) -> None:
        """Do what the page says, and see what it shows."""
        if command.text == INTERRUPT:
            self.newcomer.interrupt()
        elif command.text.endswith(" start"):
            self.newcomer.start(command)
        else:
            waits = any(word in command.text for word in (" query ", " status", " unjail"))
            printed = self.newcomer.until(command, self.expected(command.text), 120 if waits else 0)
            if self.as_shown:
                check_shown(command.shown, printed)
        if command.text.startswith("assayd testnet --"):
            self.found()

    def expected(self, command: str) -> str:
        for begin, turns in self.turns.items():
            if command.startswith(begin):
                return next(turns)
        (pattern,) = (pattern for begin, pattern in EXPECTED.items() if command.startswith(begin))
        return pattern

    def found(self) -> None:
        """Learn where the network's first node listens."""
        home = open_home(self.newcomer.folder / "testnet" / "node0")
        peers = home.config()["p2p"]["laddr"].removeprefix("tcp://")
        self.newcomer.words |= {f"{LOOPBACK}:26656": peers}
        self.newcomer.environment["ASSAY_NODE"] = home.rpc_url()


@pytest.fixture
def page(repository: Path) -> Page:
    return docs(repository, "validators.md")


@pytest.fixture
def reader(request: pytest.FixtureRequest, tmp_path: Path, pinned_cometbft: Path) -> Iterator[Reader]:
    p2p, rpc = (f"{LOOPBACK}:{port}" for port in free_ports(2))
    words = {f"{LOOPBACK}:26756": p2p, f"{LOOPBACK}:26757": rpc}
    options = {"^assayd testnet --": f"{PARAMS} {request.param}"}
    with Newcomer(tmp_path, words, options=options, binary=pinned_cometbft) as newcomer:
        yield Reader(newcomer)


def commands(page: Page) -> list[Command]:
    """Those of the page but for the ones that prepare the checkout."""
    return [command for command in page.commands() if not re.match("make |export ", command.text)]


@pytest.mark.parametrize(
    "reader", ["--validators 1 --block-time 150 --param unbonding_period=70"], indirect=True
)
def test_joining(page: Page, reader: Reader) -> None:
    """All but the jail, with a network of one validator to join."""
    for command in commands(page):
        if command.section != JAIL:
            reader.follow(command)
    assert next(reader.turns["assay query unbonding"], None) is None


@pytest.mark.parametrize("reader", ["--block-time 300 --param unbonding_period=200"], indirect=True)
def test_page(page: Page, reader: Reader) -> None:
    """All of it."""
    reader.as_shown = True
    for command in commands(page):
        reader.follow(command)
    assert [command for command, turns in reader.turns.items() if next(turns, None)] == []
