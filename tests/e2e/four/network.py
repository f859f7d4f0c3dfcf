"""A local network of `assayd testnet`, its nodes run one by one so that scenarios can kill them."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.e2e.chain import network
from tests.e2e.conftest import RunningNode, stop_all

from assay.crypto.committee.secrets import CommitteeFiles
from assay.node.testnet import open_testnet
from assay.node.tomlfile import set_values

CHAIN_ID = network.CHAIN_ID
BLOCK_MILLISECONDS = 150
ASSAYD = (sys.executable, "-P", "-m", "assay.node.cli")


class Network:
    """Nodes in the order of their homes.

    Scenarios talk to the first, which they leave alone.
    """

    def __init__(self, nodes: Sequence[RunningNode]) -> None:
        self.nodes = list(nodes)
        self.first = self.nodes[0]

    def start(self) -> Network:
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_for_height(1, 120)
        return self

    def wait_for_keys(self, count: int, seconds: float = 120) -> None:
        """Wait until the committee has so many keys for rounds."""
        self.first.wait_until(
            lambda: self.first.chain_info().ready_keys >= count, f"{count} ready keys", seconds
        )

    def check_agreed(self) -> None:
        """Every node executes the same blocks to the same app hashes, those that were away too."""
        goal = self.first.height() + 1
        for node in self.nodes:
            node.wait_for_height(goal + 1, 120)
        hashes = {network.header_app_hashes(node, goal, goal)[goal] for node in self.nodes}
        assert len(hashes) == 1
        executed = [network.executed_app_hashes(node)[goal] for node in self.nodes]
        assert len(set(executed)) == 1
        assert hashes.pop().startswith(executed[0])

    def check_erased(self, key_id: int) -> None:
        """No member has a key's secrets any more."""
        for node in self.nodes:
            node.wait_until(lambda node=node: key_id not in secrets(node), f"key {key_id} erased")

    def close(self) -> None:
        """Leave nothing running."""
        stop_all(self.nodes)


def make_network(
    path: Path,
    binary: Path,
    *params: str,
    validators: int = 4,
    stakes: Sequence[str] = (),
) -> Network:
    """Make a network on free ports; every node checks every invariant and logs JSON.

    Parameters
    ----------
    params
        ``NAME=VALUE``.
    stakes
        What each validator begins with; all the same if empty.
    """
    named = [part for param in params for part in ("--param", param)]
    options = ["--validators", str(validators), "--base-port", "0", "--cometbft", str(binary)]
    options += ["--block-time", str(BLOCK_MILLISECONDS), "--chain-id", CHAIN_ID]
    staked = [part for stake in stakes for part in ("--stake", stake)]
    made = network.assayd(path, "testnet", "--dir", str(path), *options, *named, *staked)
    assert made.returncode == 0, made.stderr
    homes = open_testnet(path)
    for home in homes:
        # Every fourth block waits so long while a node is away; by default 3 s.
        patient = home.config_file.read_text()
        home.config_file.write_text(set_values(patient, {"consensus": {"timeout_propose": "1s"}}))
    start = ("start", "--check-invariants", "--log", "json")
    return Network([RunningNode(home, [*ASSAYD, "--home", str(home.path), *start]) for home in homes])


def secrets(node: RunningNode) -> list[int]:
    """Ids of the keys whose secrets a node has on disk."""
    return CommitteeFiles(node.home.committee).keys()


def stands_still(node: RunningNode, seconds: float) -> int:
    """Check that no block is made for some seconds, once the one under way is done; return the height."""
    time.sleep(2)
    height = node.height()
    time.sleep(seconds)
    assert node.height() == height
    return height
