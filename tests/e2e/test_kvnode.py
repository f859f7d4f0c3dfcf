"""Server and supervisor with the real CometBFT, under an application that is not the chain."""

import base64
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

KvNode = Callable[..., Any]


def send(node: Any, text: str) -> Any:
    return node.rpc("broadcast_tx_sync", tx=base64.b64encode(text.encode()).decode())


def value_of(node: Any, key: str) -> str:
    answer = node.rpc("abci_query", data=key.encode().hex())["response"]
    return base64.b64decode(answer.get("value") or "").decode()


def alive(pid: int) -> bool:
    """Whether a process runs (one that has ended and is not yet waited for does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_gone(pid: int, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while alive(pid):
        assert time.monotonic() < end, f"process {pid} is an orphan"
        time.sleep(0.02)


def test_transactions_are_committed_found_and_survive_kills(kv_node: KvNode, any_cometbft: Path) -> None:
    node = kv_node(any_cometbft).start()
    node.wait_for_height(1)
    assert value_of(node, "genesis") == "pair"
    for number in range(200):
        assert send(node, f"k{number}={number}")["code"] == 0
    assert send(node, "malformed")["code"] == 1
    node.wait_until(lambda: value_of(node, "k199") == "199", "the last pair")
    found = node.rpc("tx_search", query="set.key='k7'")
    assert [int(tx["height"]) > 0 for tx in found["txs"]] == [True]

    absent = node.rpc("abci_query", data=b"absent".hex())["response"]
    assert (absent["code"], absent["codespace"]) == (5, "query")

    comet = node.cometbft_pid()
    height = node.height()
    node.kill()
    wait_gone(comet)
    node.start().wait_for_height(height + 2)
    assert value_of(node, "k42") == "42"

    os.kill(node.cometbft_pid(), signal.SIGKILL)
    code, output = node.wait()
    assert code == 1
    assert "CometBFT ended by SIGKILL" in output
    node.start()
    send_again = node.wait_until(lambda: send(node, "after=kill"), "the RPC")
    assert send_again["code"] == 0
    node.wait_until(lambda: value_of(node, "after") == "kill", "a pair after the kill")

    comet = node.cometbft_pid()
    code, output = node.stop(signal.SIGINT)
    assert code == 0
    assert "stopped by SIGINT" in output
    assert not alive(comet)
    assert not node.home.socket.exists()


def test_a_large_transaction_passes_the_limits(kv_node: KvNode, any_cometbft: Path) -> None:
    node = kv_node(any_cometbft).start()
    node.wait_for_height(1)
    largest = "big=" + "x" * (4_000_000 - 4)
    assert send(node, largest)["code"] == 0
    node.wait_until(lambda: value_of(node, "big") == largest[4:], "the large transaction")


def test_vote_extensions_are_on_from_the_first_block(kv_node: KvNode, pinned_cometbft: Path) -> None:
    node = kv_node(pinned_cometbft).start()
    node.wait_for_height(2)
    parameters = node.rpc("consensus_params", height="1")["consensus_params"]
    assert parameters["abci"]["vote_extensions_enable_height"] == "1"
    assert parameters["block"]["max_bytes"] == "-1"


def test_a_broken_application_ends_the_node_with_its_reason(kv_node: KvNode, pinned_cometbft: Path) -> None:
    code, output = kv_node(pinned_cometbft).start("--break-at", "3").wait()
    assert code == 1
    assert "the application failed: finalize_block failed with RuntimeError: broken on purpose" in output


def test_a_height_that_stands_still_ends_the_node(kv_node: KvNode, pinned_cometbft: Path) -> None:
    node = kv_node(pinned_cometbft)
    text = node.home.settings_file.read_text()
    changed = text.replace("stall_seconds = 300", "stall_seconds = 2").replace(
        "stop_seconds = 30", "stop_seconds = 1"
    )
    node.home.settings_file.write_text(changed)
    code, output = node.start("--hang-at", "3").wait()
    assert code == 1
    assert "the height has stood still at 2 for 2 s" in output


def test_cometbft_that_cannot_start_is_explained(kv_node: KvNode, pinned_cometbft: Path) -> None:
    node = kv_node(pinned_cometbft)
    (node.home.path / "config" / "node_key.json").write_text("{")
    code, output = node.start().wait()
    assert code == 1
    assert "CometBFT ended with code 1" in output
    assert "node_key.json" in output or "node key" in output
