"""Networks for the scenarios of this directory: homes made by `assayd init`, nodes run by `assayd start`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.e2e.conftest import RunningNode

from assay.node import cometbft
from assay.node.home import open_home
from assay.node.ports import LOOPBACK, free_ports

CHAIN_ID = "assay-e2e"
ASSAYD = (sys.executable, "-c", "from assay.node.cli import main; main()")
BLOCK_MILLISECONDS = 120


def assayd(home: Path, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """Run one of the operator's commands to its end."""
    command = [*ASSAYD, "--home", str(home), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)


def make_node(path: Path, binary: Path, *options: str) -> RunningNode:
    """Make a home on free ports; its node checks every invariant after each block and logs JSON."""
    rpc, p2p = (f"{LOOPBACK}:{port}" for port in free_ports(2))
    given = ["--cometbft", str(binary), "--rpc", rpc, "--p2p", p2p, "--block-time", str(BLOCK_MILLISECONDS)]
    made = assayd(path, "init", *given, *options)
    assert made.returncode == 0, made.stderr
    start = ("start", "--check-invariants", "--log", "json")
    return RunningNode(open_home(path), [*ASSAYD, "--home", str(path), *start])


def first_node(path: Path, binary: Path, *params: str) -> RunningNode:
    """Make the only validator of a new development chain; `params` are ``NAME=VALUE``."""
    named = [part for param in params for part in ("--param", param)]
    return make_node(path, binary, "--chain-id", CHAIN_ID, *named)


def follower(path: Path, binary: Path, first: RunningNode) -> RunningNode:
    """Make a full node without a vote that gets its blocks from `first`."""
    address = first.home.config()["p2p"]["laddr"].removeprefix("tcp://")
    peer = f"{cometbft.node_id(binary, first.home.path)}@{address}"
    return make_node(path, binary, "--genesis", str(first.home.genesis_file), "--peer", peer)


# --- what a node says --------------------------------------------------------


def header_app_hashes(node: RunningNode, first: int, last: int) -> dict[int, str]:
    """The app hash of the state after each height, from the header of the height after it."""
    found = {}
    for height in range(first, last + 1):
        header = node.rpc("header", height=str(height + 1))["header"]
        found[height] = str(header["app_hash"])
    return found


def executed_app_hashes(node: RunningNode) -> dict[int, str]:
    """The beginnings of the app hashes that the application itself computed since it was started last."""
    return {line["height"]: line["app_hash"].upper() for line in log_lines(node) if line["event"] == "block"}


def check_replayed(node: RunningNode, app_hashes: dict[int, str]) -> None:
    """The application executed every block itself, from the first, and came to the same app hashes."""
    executed = executed_app_hashes(node)
    assert set(app_hashes) <= set(executed)
    wrong = [height for height, app_hash in app_hashes.items() if not app_hash.startswith(executed[height])]
    assert wrong == []
    check_verified(node)


def check_replays(node: RunningNode, app_hashes: dict[int, str], seconds: float = 60) -> None:
    """A running node that loses its store makes it anew from the blocks it has."""
    code, output = node.stop()
    assert code == 0, output
    shutil.rmtree(node.home.store)
    node.start().wait_for_height(max(app_hashes) + 2, seconds)
    check_replayed(node, app_hashes)


def check_verified(node: RunningNode) -> None:
    """The operator's own check finds nothing wrong, while the node goes on."""
    verified = assayd(node.home.path, "verify")
    assert verified.returncode == 0, verified.stderr
    assert "every invariant holds" in verified.stdout


def check_quiet(node: RunningNode) -> None:
    """A node at which nothing went wrong has warned of nothing."""
    assert [line for line in log_lines(node) if line["level"] not in ("debug", "info")] == []


def log_lines(node: RunningNode) -> list[dict[str, Any]]:
    """What the node has logged since it was started last."""
    lines = node.output_file.read_text(errors="replace").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]


def worker_pids(node: RunningNode) -> list[int]:
    """Process ids of the workers for homomorphic computations."""
    return [pid for pid in node.children() if b"assay.node.workers" in command_line(pid)]


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


def wait_gone(pids: list[int], seconds: float = 30) -> None:
    """Wait until processes have ended: nothing may outlive its node."""
    end = time.monotonic() + seconds
    while left := [pid for pid in pids if _runs(pid)]:
        assert time.monotonic() < end, f"processes {left} outlive their node"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def disturb_workers(node: RunningNode, goal: int) -> int:
    """Stop a starting node's workers, and kill them once the chain waits for them; it then goes on to `goal`.

    Returns
    -------
    int
        The height at which it waited.
    """
    node.wait_until(
        lambda: any(b"\0--proxy_app\0" in command_line(pid) for pid in node.children()), "CometBFT"
    )
    stopped = worker_pids(node)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    height = _stands_still(node, goal)
    for pid in stopped:
        os.kill(pid, signal.SIGKILL)
    node.wait_for_height(goal, 120)
    assert sum("worker process ended" in line["event"] for line in log_lines(node)) == len(stopped)
    assert stopped
    return height


def _stands_still(node: RunningNode, goal: int, seconds: float = 1.5) -> int:
    """Wait until the height has not changed for some seconds, or is `goal`."""
    since, seen = time.monotonic(), node.wait_for_height(1)
    while seen < goal and time.monotonic() - since < seconds:
        time.sleep(0.1)
        height = node.height()
        if height != seen:
            since, seen = time.monotonic(), height
    return seen
