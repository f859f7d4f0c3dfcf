"""Four operators begin a chain by docs/genesis.md word by word, end it, and continue it as another one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.conftest import RunningNode

from assay.node.home import open_home
from assay.node.ports import LOOPBACK, free_ports
from assay.node.tomlfile import set_values

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(900)]

COMMANDS = {"assay": "assay.client.cli", "assayd": "assay.node.cli"}


@dataclass
class Operator:
    """Somebody with a machine, that is: with homes and ports of their own."""

    folder: Path
    programs: Path
    rpc: int
    p2p: int
    node: RunningNode | None = None

    @property
    def home(self) -> Path:
        return self.folder / "assayd"

    def type(self, script: str, **words: str) -> str:
        """Run commands of the page; `words` are what stands for something there."""
        for word, value in words.items():
            script = script.replace(word, value)
        environment = os.environ | {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "ASSAY_HOME": str(self.folder / "assay"),
            "ASSAYD_HOME": str(self.home),
            "ASSAY_PASSPHRASE": "secret",
        }
        command = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (script, done.stderr)
        return done.stdout

    def address(self) -> str:
        return self.type("assay keys show operator").strip()

    def start(self, line: str) -> None:
        assert line == "assayd start"
        if self.node is None:
            home = open_home(self.home)
            local = {"p2p": {"allow_duplicate_ip": True, "addr_book_strict": False}}
            home.config_file.write_text(set_values(home.config_file.read_text(), local))
            command = [sys.executable, "-P", "-m", "assay.node.cli", "--home", str(self.home), "start"]
            self.node = RunningNode(home, command)
        self.node.start()


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A directory with the two commands, as an installation has it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, module in COMMANDS.items():
        script = folder / name
        script.write_text(f"#!{sys.executable}\nimport sys\nfrom {module} import main\nsys.exit(main())\n")
        script.chmod(0o755)
    return folder


@pytest.fixture
def operators(tmp_path: Path, programs: Path) -> Iterator[list[Operator]]:
    ports = free_ports(8)
    made = [Operator(tmp_path / f"operator{n}", programs, *ports[2 * n : 2 * n + 2]) for n in range(4)]
    for operator in made:
        operator.folder.mkdir()
    yield made
    running = [operator.node for operator in made if operator.node is not None and operator.node.process]
    for node in running:
        node.process.terminate()  # type: ignore[union-attr]  # it runs
    for node in running:
        node.wait()


def blocks(page: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def test_a_chain_is_begun_and_continued_by_the_page(
    operators: list[Operator], repository: Path, pinned_cometbft: Path
) -> None:
    page = (repository / "docs" / "genesis.md").read_text(encoding="utf-8")
    begin, account, collect, join, prove, remote, export, again = blocks(page)
    first, *others = operators
    for operator in operators:
        here = f"--rpc {LOOPBACK}:{operator.rpc} --p2p {LOOPBACK}:{operator.p2p}"
        init = re.sub(
            r"^(assayd init .*)$", rf"\1 --cometbft {pinned_cometbft} {here}", begin, flags=re.MULTILINE
        )
        operator.type(init, **{"HOST:26656": f"{LOOPBACK}:{operator.p2p}"})
    for operator in operators:
        first.type(account, ADDRESS=operator.address())
    gathered = first.folder / "gentxs"
    gathered.mkdir()
    for operator in operators:
        (sent,) = (operator.home / "config" / "gentx").iterdir()
        (gathered / sent.name).write_text(sent.read_text())
    shown = first.type(collect)
    digest = re.findall(r"chain our-chain-1 begins at height 1, digest ([0-9a-f]{16})", shown)
    assert shown.count("25.00%") == 4

    # What is said of a remote signer, with the key in the second operator's home.
    second = others[0]
    key_file = second.home / "config" / "priv_validator_key.json"
    proof = second.type(prove, **{"priv_validator_key.json": str(key_file), "ADDRESS": second.address()})
    second.type(
        remote, ADDRESS=second.address(), **dict(zip(("KEY", "PROOF"), proof.split()[1::2], strict=True))
    )

    for operator in operators:
        sent = first.home / "config" / "genesis.json"
        (operator.folder / "genesis.json").write_text(sent.read_text())
        take, start = join.splitlines()
        assert f"digest {digest[0]}" in operator.type(take)
        operator.start(start)
    for operator in operators:
        operator.node.wait_for_height(3, 240)  # type: ignore[union-attr]  # it runs

    for operator in operators:
        operator.node.stop()  # type: ignore[union-attr]  # it runs
    heights = [json.loads(exported(operator))["initial_height"] for operator in operators]
    assert len(set(heights)) <= 2  # stopped one after the other; a real chain agrees on a height
    lowest = min(int(height) - 1 for height in heights)
    found = []
    for operator in operators:
        operator.type(export.replace("assayd export", f"assayd export --height {lowest}"))
        found.append(json.loads((operator.folder / "continued.json").read_text())["app_state"])
    assert all(state == found[0] for state in found)

    for operator in operators:
        (operator.folder / "continued.json").write_text((first.folder / "continued.json").read_text())
        *before, start = again.splitlines()
        operator.type("\n".join(before))
        operator.start(start)
    for operator in operators:
        operator.node.wait_for_height(lowest + 3, 240)  # type: ignore[union-attr]  # it runs
        assert operator.node.rpc("status")["node_info"]["network"] == "our-chain-2"  # type: ignore[union-attr]


def exported(operator: Operator) -> str:
    return operator.type("assayd export 2>/dev/null")
