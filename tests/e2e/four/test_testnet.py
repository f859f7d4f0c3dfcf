"""`assayd testnet start`: one process runs all nodes, starts again what ends, and leaves nothing behind."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.chain import network
from tests.e2e.conftest import RunningNode
from tests.e2e.pages.newcomer import Newcomer
from tests.e2e.pages.page import Command, docs

from assay.node.home import Home
from assay.node.testnet import open_testnet

pytestmark = pytest.mark.e2e


@pytest.fixture
def newcomer(tmp_path: Path, pinned_cometbft: Path) -> Iterator[Newcomer]:
    quick = "--base-port 0 --block-time 200 --param preset=small --param key_pool=1"
    options = {"^assayd testnet --": quick, "^assayd testnet start": "--restart-after 1 --log json"}
    words = {"--dir testnet": f"--dir {tmp_path / 'testnet'}"}  # by which `processes` finds them
    with Newcomer(tmp_path, words, options=options, binary=pinned_cometbft) as found:
        yield found


@pytest.fixture
def commands(repository: Path) -> list[Command]:
    return docs(repository, "validator.md").commands("Several validators on one machine")


@pytest.fixture(params=[4])
def homes(request: pytest.FixtureRequest, newcomer: Newcomer, commands: list[Command]) -> list[Home]:
    newcomer.type(commands[0], {"--validators 4": f"--validators {request.param}"})
    return open_testnet(newcomer.folder / "testnet")


@pytest.fixture
def supervisor(homes: list[Home], newcomer: Newcomer, commands: list[Command]) -> RunningNode:
    """The one process; its RPC is the first node's."""
    made = newcomer.terminal(commands[1])
    assert made.home == homes[0]
    return made


def told(supervisor: RunningNode, event: str) -> list[dict[str, Any]]:
    return [line for line in network.log_lines(supervisor) if line["event"] == event]


def processes(directory: Path) -> list[int]:
    """Every process whose command line names a directory."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True)
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if str(directory) in line]


def heights(supervisor: RunningNode, node: str) -> list[int]:
    return [line["height"] for line in told(supervisor, "block") if line["node"] == node]


def test_a_killed_node_is_started_again_and_all_end_together(
    homes: list[Home], supervisor: RunningNode
) -> None:
    directory = homes[0].path.parent
    supervisor.start().wait_for_height(3, 120)
    first = {line["node"]: line["pid"] for line in told(supervisor, "node starts")}
    assert set(first) == {"node0", "node1", "node2", "node3"}
    os.kill(first["node3"], signal.SIGKILL)
    supervisor.wait_until(partial(told, supervisor, "node ended"), "the end of a node")
    (ended,) = told(supervisor, "node ended")
    assert (ended["node"], ended["how"]) == ("node3", "by SIGKILL")
    supervisor.wait_until(lambda: len(told(supervisor, "node starts")) == 5, "another start")
    goal = supervisor.height() + 1
    supervisor.wait_until(lambda: goal in heights(supervisor, "node3"), "node3 going on", 120)
    for node in first:
        found = heights(supervisor, node)
        assert found == list(range(1, found[-1] + 1))

    assert len(processes(directory)) > 8
    code, output = supervisor.stop(signal.SIGINT)
    assert code == 0, output
    assert '"reason": "stopped by SIGINT"' in output
    assert output.count('"reason": "stopped by SIGTERM"') == 4
    assert processes(directory) == []


@pytest.mark.parametrize("homes", [1], indirect=True)
def test_killed_it_takes_its_nodes_with_it(homes: list[Home], supervisor: RunningNode) -> None:
    directory = homes[0].path.parent
    supervisor.start().wait_for_height(1, 120)
    everything = processes(directory)
    supervisor.kill()
    network.wait_gone(everything)


@pytest.mark.parametrize("homes", [1], indirect=True)
def test_a_node_that_cannot_begin_ends_the_network_with_its_reason(
    homes: list[Home], supervisor: RunningNode
) -> None:
    genesis = homes[0].genesis()
    genesis["app_state"]["accounts"][0]["balance"] = 0.5
    homes[0].genesis_file.write_text(json.dumps(genesis))
    code, output = supervisor.start().wait(120)
    assert code == 1
    assert "The network ended: node0 ended with code 1 before its first block" in output
    assert "amounts are whole numbers of uasy" in output
    assert processes(homes[0].path.parent) == []
