"""docs/validators.md, followed word by word: its commands, in their order, against a real network."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from assay.node.home import open_home
from assay.node.ports import LOOPBACK, free_ports

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

JAIL = "Jail, and the way out"


class Step(NamedTuple):
    """A command of the page, or ^C for the program that was started last."""

    section: str
    command: str


PROGRAMS = {
    "assay": "-c \"from assay.client.cli import main; main(prog_name='assay')\" --yes",
    "assayd": "-m assay.node.cli",
}

EXPECTED = {
    "assayd testnet --param": "Created .* of chain assay-dev",
    "assayd testnet start": "",
    "assay keys add": r"assay1\w{38}\n\n(\w+ ?){24}\n",
    "assay faucet me": r"sent 1,000 ASY to assay1\w{38} in block",
    "assayd --home mynode init": r"Created .*mynode, a node of chain assay-dev",
    "assayd --home mynode start": "",
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
    "assayd --home mynode status": [r"voting power +0\n", r"voting power +800\n"],
    "assay query validators": [
        r"(?s)\A(?!.*fifth)",
        r"fifth .* 16\.67% |fifth .* 44\.44%",
        r"(?s)\A(?!.*fifth)",
    ],
    "assay query validator me": [r"(unbonding until \d+|unbonded), jailed", r"status +│ bonded"],
    "assay query unbonding": [r"│ (799\.92|800) ASY │", ": none"],
}


def steps(page: str) -> Iterator[Step]:
    """Yield the page's commands in their order, those that only prepare the checkout left out."""
    section, inside = "", False
    for line in page.splitlines():
        if line.startswith("```"):
            inside = line == "```console"
        elif line.startswith("## "):
            section = line.removeprefix("## ")
        elif inside and line == "^C":
            yield Step(section, line)
        elif inside and line.startswith("$ ") and not line.startswith(("$ make ", "$ export ")):
            yield Step(section, line.removeprefix("$ "))


class Newcomer:
    """Somebody at three terminals, who answers every question with yes."""

    def __init__(self, folder: Path, options: str, binary: Path) -> None:
        self.folder, self.options = folder, options
        self.running: list[subprocess.Popen[bytes]] = []
        self.turns = {command: iter(patterns) for command, patterns in IN_TURN.items()}
        p2p, rpc = free_ports(2)
        self.addresses = {"26756": p2p, "26757": rpc}
        tools = folder / "bin"
        tools.mkdir()
        for name, program in PROGRAMS.items():
            (tools / name).write_text(f'#!/bin/sh\nexec {sys.executable} -P {program} "$@"\n')
            (tools / name).chmod(0o755)
        self.environment = os.environ | {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "ASSAY_HOME": str(folder / "me"),
            "ASSAY_PASSPHRASE": "secret",
            "ASSAY_COMETBFT": str(binary),
            "COLUMNS": "160",
        }

    def follow(self, step: Step) -> None:
        """Do what the page says, and see what it shows."""
        if step.command == "^C":
            self.interrupt(self.running.pop())
        elif step.command.endswith(" start"):
            self.start(step.command)
        else:
            self.run(step.command, self.expected(step.command))

    def expected(self, command: str) -> str:
        for begin, turns in self.turns.items():
            if command.startswith(begin):
                return next(turns)
        (pattern,) = (pattern for begin, pattern in EXPECTED.items() if command.startswith(begin))
        return pattern

    def start(self, command: str) -> None:
        """Start a program in a terminal of its own."""
        with (self.folder / f"output{time.monotonic_ns()}").open("w") as output:
            shell = ["bash", "-c", f"exec {self.here(command)}"]
            self.running.append(
                subprocess.Popen(
                    shell, cwd=self.folder, env=self.environment, stdout=output, stderr=subprocess.STDOUT
                )
            )

    def run(self, command: str, pattern: str) -> None:
        """Run a command; one for which the page says to wait again, until it shows what it should."""
        end = time.monotonic() + 120
        while True:
            done = subprocess.run(
                ["bash", "-c", self.here(command)],
                cwd=self.folder,
                env=self.environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            if done.returncode == 0 and re.search(pattern, done.stdout):
                break
            waits = any(word in command for word in (" query ", " status", " unjail"))
            assert waits, f"{command}\n{done.stdout}\n{done.stderr}"
            assert time.monotonic() < end, f"{command}\n{done.stdout}\n{done.stderr}"
            time.sleep(0.5)
        if command.startswith("assayd testnet"):
            self.found()

    def found(self) -> None:
        """Learn where the network's first node listens."""
        home = open_home(self.folder / "testnet" / "node0")
        self.addresses["26656"] = int(home.config()["p2p"]["laddr"].rpartition(":")[2])
        self.environment["ASSAY_NODE"] = home.rpc_url()

    def here(self, command: str) -> str:
        """Return a command of the page with the ports, and the options, of this test."""
        if command.startswith("assayd testnet --"):
            command += f" --base-port 0 {self.options}"
        for written, port in self.addresses.items():
            command = command.replace(f"{LOOPBACK}:{written}", f"{LOOPBACK}:{port}")
        return command

    def interrupt(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0

    def close(self) -> None:
        """Leave nothing running."""
        for process in self.running:
            process.send_signal(signal.SIGINT)
        for process in self.running:
            process.wait(60)


@pytest.fixture
def page(repository: Path) -> list[Step]:
    return list(steps((repository / "docs" / "validators.md").read_text(encoding="utf-8")))


@pytest.fixture(params=[""])
def newcomer(request: pytest.FixtureRequest, tmp_path: Path, pinned_cometbft: Path) -> Iterator[Newcomer]:
    made = Newcomer(tmp_path, f"--param preset=small --param key_pool=1 {request.param}", pinned_cometbft)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.long
@pytest.mark.parametrize(
    "newcomer", ["--validators 1 --block-time 150 --param unbonding_period=70"], indirect=True
)
def test_joining(page: list[Step], newcomer: Newcomer) -> None:
    """All but the jail, with a network of one validator to join."""
    for step in page:
        if step.section != JAIL:
            newcomer.follow(step)
    assert next(newcomer.turns["assay query unbonding"], None) is None


@pytest.mark.long
@pytest.mark.parametrize("newcomer", ["--block-time 300 --param unbonding_period=200"], indirect=True)
def test_page(page: list[Step], newcomer: Newcomer) -> None:
    """All of it."""
    for step in page:
        newcomer.follow(step)
    assert [command for command, turns in newcomer.turns.items() if next(turns, None)] == []
