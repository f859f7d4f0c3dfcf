"""What a node forgets while it runs: old versions of the state, and the blocks that nobody needs any more."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.e2e.chain import network
from tests.e2e.conftest import RpcError, RunningNode

from assay.state.store import Store

pytestmark = pytest.mark.e2e

EVIDENCE, UNBONDING, INTERVAL, VERSIONS = 20, 40, 10, 5


def forgetful(node: RunningNode) -> None:
    """Let it keep as little as it may, on a chain on which evidence is soon too old."""
    genesis = node.home.genesis()
    genesis["consensus_params"]["evidence"] |= {
        "max_age_num_blocks": str(EVIDENCE),
        "max_age_duration": "1000000000",
    }
    node.home.genesis_file.write_text(json.dumps(genesis))
    kept = {"retain_versions": VERSIONS, "retain_blocks": 1}
    node.home.change_settings({"store": kept, "snapshots": {"interval": INTERVAL}})


def earliest(node: RunningNode) -> int:
    return int(node.rpc("status")["sync_info"]["earliest_block_height"])


@pytest.mark.long
def test_blocks_and_versions_go_when_nobody_needs_them(first_node: Callable[..., RunningNode]) -> None:
    node = first_node("preset=small", "max_window=10", f"unbonding_period={UNBONDING}")
    forgetful(node)
    node.start()
    height = node.wait_for_height(UNBONDING + 4 * INTERVAL, 120)
    node.wait_until(lambda: earliest(node) > height - UNBONDING - INTERVAL, "blocks forgotten")
    first, height = earliest(node), node.height()
    assert first <= height - UNBONDING + 1  # stake that is being withdrawn answers for all that are left
    node.rpc("block", height=str(first))
    with pytest.raises(RpcError):
        node.rpc("block", height=str(first - 1))
    network.check_verified(node)
    node.stop()
    with Store.open(node.home.store) as store:
        assert store.version - store.oldest_version <= VERSIONS  # one more than kept, if it was just at it
        store.prune()
        store.verify()
    node.start().wait_for_height(height + 5)
    network.check_verified(node)
    kept = sorted(int(place.name) for place in node.home.snapshots.iterdir() if place.name.isdigit())
    assert len(kept) == 2
    assert kept[0] >= first
