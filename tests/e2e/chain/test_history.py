"""What a node forgets while it runs: old versions of the state, and the blocks that nobody needs any more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.chain import network
from tests.e2e.conftest import RpcError, RunningNode
from tests.e2e.pages.newcomer import Newcomer, Word
from tests.e2e.pages.page import Page, docs

from assay.state.store import Store

pytestmark = pytest.mark.e2e

EVIDENCE, UNBONDING, INTERVAL, VERSIONS = 20, 40, 10, 5


def forgetful(node: RunningNode, newcomer: Newcomer, page: Page) -> None:
    """Let it keep as little as it may, by the settings of the page, where evidence is soon too old."""
    genesis = node.home.genesis()
    genesis["consensus_params"]["evidence"] |= {
        "max_age_num_blocks": str(EVIDENCE),
        "max_age_duration": "1000000000",
    }
    node.home.genesis_file.write_text(json.dumps(genesis))
    versions, blocks, _ = page.block("toml")
    newcomer.edit(node.home.settings_file, versions, {"retain_versions = 8": f"retain_versions = {VERSIONS}"})
    newcomer.edit(node.home.settings_file, blocks, {"retain_blocks = 0": "retain_blocks = 1"})
    node.home.change_settings({"snapshots": {"interval": INTERVAL}})


def earliest(node: RunningNode) -> int:
    return int(node.rpc("status")["sync_info"]["earliest_block_height"])


@pytest.fixture
def page(repository: Path) -> Page:
    return docs(repository, "history.md")


@pytest.mark.long
def test_blocks_and_versions_go_when_nobody_needs_them(
    first_node: Callable[..., RunningNode], page: Page, tmp_path: Path
) -> None:
    node = first_node("preset=small", "max_window=10", f"unbonding_period={UNBONDING}")
    forgetful(node, Newcomer(tmp_path / "reader"), page)
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


def found(node: RunningNode) -> int:
    """How many transactions of the first blocks the index has."""
    return int(node.rpc("tx_search", query="tx.height < 20")["total_count"])


@pytest.mark.long
def test_the_index_is_removed_left_out_and_made_again(
    first_node: Callable[..., RunningNode], page: Page, tmp_path: Path, pinned_cometbft: Path
) -> None:
    node = first_node("preset=small", "key_pool=1")
    words: dict[str, Word] = {"HOME": node.home.path, "out/bin/cometbft": pinned_cometbft}
    remove, start, again = page.commands("The index of transactions")
    (none,) = page.block("toml", "The index of transactions")
    with Newcomer(tmp_path / "reader", words) as newcomer:
        node.start().wait_for_height(20)
        before = found(node)
        assert before > 0
        node.stop()

        newcomer.edit(node.home.config_file, none)
        newcomer.type(remove)
        made = newcomer.start(start)
        made.wait_for_height(22)
        with pytest.raises(RpcError, match="indexing is disabled"):
            found(made)
        newcomer.interrupt()
        assert not list((node.home.path / "data").glob("tx_index.db/*.log"))

        newcomer.edit(node.home.config_file, none, {"null": "kv"})
        made = newcomer.start(start)
        made.wait_for_height(24)
        assert found(made) == 0
        newcomer.interrupt()
        newcomer.type(again)
        made = newcomer.start(start)
        made.wait_for_height(25)
        assert found(made) == before
