"""`assayd doctor` and `status` beside a node that is stopped, runs, or has another key than is known."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.pages.newcomer import Newcomer
from tests.e2e.pages.page import docs

from assay.node.committee.identity import create_committee_key

pytestmark = pytest.mark.e2e

ASSAYD = [sys.executable, "-c", "from assay.node.cli import main; main()"]


def assayd(node: Any, *arguments: str) -> tuple[int, str]:
    command = [*ASSAYD, "--home", str(node.home.path), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


def doctor(node: Any, *arguments: str) -> dict[str, dict[str, str]]:
    code, output = assayd(node, "doctor", "--quick", "--output", "json", *arguments)
    findings = json.loads(output)
    assert code == any(each["level"] == "wrong" for each in findings)
    return {each["subject"]: each for each in findings}


@pytest.fixture
def node(assayd_node: Callable[..., Any], pinned_cometbft: Path) -> Any:
    return assayd_node(pinned_cometbft)


def test_a_node_is_examined_through_its_life(node: Any, repository: Path, tmp_path: Path) -> None:
    _, examine, *_ = docs(repository, "validator.md").commands("Starting, watching, stopping")
    newcomer = Newcomer(tmp_path / "reader")
    newcomer.environment["ASSAYD_HOME"] = str(node.home.path)
    output = newcomer.type(examine)
    assert "empty: this node has not run yet" in output
    assert "gives the known answers" in output

    node.start().wait_for_height(3)
    found = doctor(node)
    assert {"progress", "peers", "store", "committee"} <= set(found)
    assert "ports" not in found
    assert found["progress"]["text"].startswith("height ")
    assert found["committee"]["text"] == "the chain knows this node's committee key"
    code, output = assayd(node, "status")
    assert (code, "height" in output) == (0, True)

    node.stop()
    found = doctor(node)
    assert found["ports"]["level"] == found["store"]["level"] == "ok"
    (node.home.committee / "committee_key.json").rename(node.home.path / "set-aside.json")
    create_committee_key(node.home.path)
    found = doctor(node)
    assert found["committee"]["level"] == "wrong"
    assert "restore committee/committee_key.json" in found["committee"]["remedy"]


def test_a_stuck_chain_is_wrong_and_a_silent_rpc_too(node: Any) -> None:
    node.start().wait_for_height(2)
    os.kill(node.cometbft_pid(), signal.SIGKILL)
    node.wait()
    code, output = assayd(node, "status")
    assert (code, "Start it with `assayd start`" in output) == (1, True)


def test_a_key_that_others_can_read_stops_the_start(node: Any) -> None:
    key = node.home.path / "config" / "priv_validator_key.json"
    key.chmod(0o644)
    code, output = node.start().wait()
    assert (code, f"chmod 600 {key}" in output) == (1, True)
    assert doctor(node)["file modes"]["level"] == "wrong"
    key.chmod(0o600)
    node.start().wait_for_height(1)
