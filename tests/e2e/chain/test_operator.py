"""The operator's commands on a running node, and on one that is not running."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.e2e.chain import network
from tests.e2e.conftest import RunningNode

pytestmark = pytest.mark.e2e


def test_a_running_node_is_shown_and_verified(shared: RunningNode) -> None:
    before = shared.height()
    shown = network.assayd(shared.home.path, "status", "--output", "json")
    assert shown.returncode == 0, shown.stderr
    found = json.loads(shown.stdout)
    assert before <= found.pop("height") <= shared.height()
    power = int(shared.rpc("status")["validator_info"]["voting_power"])  # others delegate to it
    expected = {"chain_id": network.CHAIN_ID, "catching_up": False, "peers": 0, "voting_power": power}
    assert {name: found[name] for name in expected} == expected
    assert found["ready_keys"] >= 0

    verified = network.assayd(shared.home.path, "verify")
    assert verified.returncode == 0, verified.stderr
    assert "every invariant holds; the chain's header agrees" in verified.stdout
    assert not list(shared.home.store.parent.glob(".scratch-*"))  # the copy it read is gone
    assert shared.wait_for_height(before + 2) > before


def test_a_node_that_does_not_run_says_how_to_start_it(tmp_path: Path, pinned_cometbft: Path) -> None:
    node = network.first_node(tmp_path / "node", pinned_cometbft)
    shown = network.assayd(node.home.path, "status")
    assert shown.returncode == 1
    assert "Start it with `assayd start`" in shown.stderr
    assert network.assayd(tmp_path / "nowhere", "start").returncode == 1
