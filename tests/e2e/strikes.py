"""Harm that is done to a running node's processes, and what must be left after it."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

from tests.e2e.chain import network
from tests.e2e.conftest import RunningNode
from tests.e2e.pages.page import cells, docs, sentences

from assay.state.store import Store

PAGE = docs(Path(__file__).resolve().parents[2], "recovery.md")


def kill(node: RunningNode) -> None:
    """SIGKILL the application; nothing of the node may outlive it."""
    processes = _processes(node)
    node.kill()
    network.wait_gone(processes)
    check_store(node)


def kill_cometbft(node: RunningNode) -> None:
    """SIGKILL CometBFT; the application ends by itself, and says why."""
    processes = _processes(node)
    os.kill(node.cometbft_pid(), signal.SIGKILL)
    code, output = node.wait()
    assert code == 1, output
    ((_, says, _),) = (row for row in cells(PAGE) if row[0].startswith("CometBFT was killed"))
    assert re.search(f"^{sentences(says)[0]}$", output, re.MULTILINE), output
    network.wait_gone(processes)
    check_store(node)


def interrupt(node: RunningNode) -> None:
    """Press ^C."""
    processes = _processes(node)
    code, output = node.stop(signal.SIGINT)
    assert code == 0, output
    network.wait_gone(processes)
    check_store(node)


def kill_workers(node: RunningNode) -> None:
    """SIGKILL all workers; the node goes on, and has others."""
    killed = network.worker_pids(node)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    network.wait_gone(killed)
    node.wait_until(lambda: len(network.worker_pids(node)) == len(killed), "new workers")


def pause(pid: int, seconds: float) -> None:
    """Let a process stand still for a while."""
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)


def check_store(node: RunningNode) -> None:
    """The store of a dead node is at the height it executed last, or at the one before; whole either way."""
    executed = network.executed_app_hashes(node)
    with Store.open(node.home.store) as store:
        version, root = store.version, store.root.hex().upper()
    if executed:
        last = max(executed)
        assert version in (last - 1, last)
        assert root.startswith(executed.get(version, ""))


def _processes(node: RunningNode) -> list[int]:
    assert node.process is not None
    return [*node.children(), node.process.pid]
