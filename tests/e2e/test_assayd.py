"""The chain itself under `assayd`: started, killed, verified, replayed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.pages.newcomer import Newcomer
from tests.e2e.pages.page import docs

from assay.node.ports import LOOPBACK, free_ports
from assay.state.store import Store

pytestmark = pytest.mark.e2e

ASSAYD = [sys.executable, "-c", "from assay.node.cli import main; main()"]
MakeNode = Callable[..., Any]


def assayd(node: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*ASSAYD, "--home", str(node.home.path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def node(assayd_node: MakeNode, any_cometbft: Path) -> Any:
    return assayd_node(any_cometbft)


def app_hash(node: Any, height: int) -> str:
    """The app hash of the state after a height."""

    def ask() -> str:
        found: str = node.rpc("header", height=str(height + 1))["header"]["app_hash"]
        return found

    answer: str = node.wait_until(ask, f"header {height + 1}")
    return answer


def test_a_chain_survives_kills_and_replays_to_the_same_app_hash(node: Any) -> None:
    node.start("--check-invariants").wait_for_height(2)
    # Kills at different moments while the committee's first key is made.
    for kill in (node.kill, lambda: (os.kill(node.cometbft_pid(), signal.SIGKILL), node.wait()), node.kill):
        height = node.height()
        kill()
        node.start("--check-invariants").wait_for_height(height + 2)
    node.wait_for_key()
    running = assayd(node, "verify")
    assert running.returncode == 0, running.stderr
    assert "is in order" in running.stdout
    assert "the chain's header agrees" in running.stdout

    height = node.height()
    expected = app_hash(node, height)
    code, output = node.stop()
    assert (code, "stopped by SIGTERM" in output) == (0, True)
    stopped = assayd(node, "verify")
    assert stopped.returncode == 0, stopped.stderr
    assert "not compared" in stopped.stdout

    # The application forgets everything; CometBFT replays its blocks into it.
    for file in node.home.store.iterdir():
        file.unlink()
    node.start("--check-invariants").wait_for_height(height + 1)
    assert app_hash(node, height) == expected
    assert assayd(node, "verify").returncode == 0


@pytest.fixture
def newcomer(tmp_path: Path, pinned_cometbft: Path) -> Iterator[Newcomer]:
    rpc, p2p = (f"{LOOPBACK}:{port}" for port in free_ports(2))
    options = {
        "^assayd init$": f"--rpc {rpc} --p2p {p2p} --block-time 100 --param preset=small",
        "^assayd start$": "--log json",
        "^assayd reset$": "--yes",
    }
    with Newcomer(tmp_path, options=options, binary=pinned_cometbft) as found:
        yield found


def test_a_node_lives_by_the_page_runs_once_and_begins_again_after_a_reset(
    newcomer: Newcomer, repository: Path
) -> None:
    page = docs(repository, "validator.md")
    init, start = page.commands("A development chain")
    status, _, verify, reset = page.commands("Starting, watching, stopping")
    newcomer.type(init)
    node = newcomer.terminal(start)
    node.home.change_settings({"store": {"retain_versions": 3}})
    node.start().wait_for_height(3)
    assert "another process" in newcomer.refused(start)
    node.wait_for_key()
    newcomer.type(verify)
    _, output = node.stop()
    with Store.open(node.home.store) as store:
        # Three versions are kept, as asked; and one more, if it was just about to be forgotten.
        assert store.version - store.oldest_version in (2, 3)
    events = [json.loads(line) for line in output.splitlines()]
    blocks = [event["height"] for event in events if event["event"] == "block"]
    assert blocks[:3] == [1, 2, 3]

    newcomer.type(reset)
    node.start().wait_for_key()
    newcomer.type(status)


def test_a_genesis_the_chain_refuses_ends_with_the_sentence(
    assayd_node: MakeNode, pinned_cometbft: Path
) -> None:
    node = assayd_node(pinned_cometbft)
    genesis = node.home.genesis()
    genesis["app_state"]["accounts"][0]["balance"] = 0.5
    node.home.genesis_file.write_text(json.dumps(genesis))
    code, output = node.start().wait()
    assert code == 1
    assert "init_chain failed" in output
    assert "amounts are whole numbers of uasy" in output
