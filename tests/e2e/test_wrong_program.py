"""What `assayd rollback` is for: a node whose program was wrong gets the right one, and goes on."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.node import cometbft
from assay.node.home import open_home
from assay.node.ports import LOOPBACK, free_ports
from assay.state.store import Store

pytestmark = pytest.mark.e2e

ASSAYD = [sys.executable, "-c", "from assay.node.cli import main; main()"]
WRONG_AT = 12
# A program that leaves something in the state at one height which the rules do not put there.
WRONG_PROGRAM = f"""
from assay.node.cli import main
from assay.node.shell import chain

right = chain.execute

def wrong(view, chain_id, block):
    result = right(view, chain_id, block)
    if block.height == {WRONG_AT}:
        view.put(b"~", b"nobody wrote this")
    return result

chain.execute = wrong
main()
"""


@pytest.fixture
def validator(assayd_node: Callable[..., Any], pinned_cometbft: Path) -> Any:
    return assayd_node(pinned_cometbft, block_milliseconds=300)


@pytest.fixture
def follower(
    validator: Any, make_node: Callable[..., Any], pinned_cometbft: Path, tmp_path: Path
) -> Callable[[list[str]], Any]:
    """Make a node that follows the validator, run by one program or another."""
    rpc, p2p = (f"{LOOPBACK}:{port}" for port in free_ports(2))
    ident = cometbft.node_id(pinned_cometbft, validator.home.path)
    peer = f"{ident}@{validator.home.config()['p2p']['laddr'].removeprefix('tcp://')}"
    path = tmp_path / "follower"
    options = ("--rpc", rpc, "--p2p", p2p, "--peer", peer, "--cometbft", str(pinned_cometbft))
    joined = ("--genesis", str(validator.home.genesis_file))
    subprocess.run([*ASSAYD, "--home", str(path), "init", *options, *joined], check=True, capture_output=True)
    return lambda program: make_node(open_home(path), [*program, "--home", str(path), "start"])


def test_a_node_that_computed_something_else_goes_back_and_on(
    validator: Any, follower: Callable[[list[str]], Any]
) -> None:
    validator.start().wait_for_height(2)
    wrong = follower([sys.executable, "-c", WRONG_PROGRAM])
    wrong.start()
    validator.wait_for_height(WRONG_AT + 5, 120)
    home = wrong.home
    wrong.wait_until(lambda: "wrong Block.Header.AppHash" in wrong.log_tail(), "its mistake noticed", 120)
    told = subprocess.run(
        [*ASSAYD, "--home", str(home.path), "doctor", "--quick"], capture_output=True, text=True, check=False
    )
    assert (told.returncode, "`assayd rollback`" in told.stdout) == (1, True)
    wrong.close()
    with Store.open(home.store) as store:
        assert store.version == WRONG_AT  # it took no block after its own mistake
        bad = store.root.hex().upper()
    header = validator.rpc("header", height=str(WRONG_AT + 1))["header"]
    assert header["app_hash"] != bad

    command = [*ASSAYD, "--home", str(home.path), "rollback"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"Height {WRONG_AT} → {WRONG_AT - 1}; CometBFT agrees" in done.stdout

    right = follower(ASSAYD)
    right.start().wait_for_height(WRONG_AT + 5, 120)
    assert right.rpc("header", height=str(WRONG_AT + 1))["header"] == header
    right.stop()
    verified = subprocess.run([*command[:-1], "verify"], capture_output=True, text=True, check=False)
    assert verified.returncode == 0, verified.stderr
