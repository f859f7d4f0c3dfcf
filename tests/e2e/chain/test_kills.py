"""SIGKILL at random moments during a round, recovery, and the same app hashes on every replay."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from tests.e2e.chain import network
from tests.e2e.chain.storm import Storm, round_in_a_storm
from tests.e2e.conftest import RunningNode

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Round
from assay.state.rules.errors import WrongSequence
from assay.state.rules.payout import committees_part

pytestmark = pytest.mark.e2e

STRIKES = 4
"""One of each kind."""


@dataclass
class Survivor:
    """A node that was struck again and again during a round, and the app hash after every height.

    Attributes
    ----------
    record
        The round, proven.
    """

    node: RunningNode
    record: Round
    app_hashes: dict[int, str]


@pytest.fixture(scope="module")
def survivor(
    tmp_path_factory: pytest.TempPathFactory, pinned_cometbft: Path, seed: int
) -> Iterator[Survivor]:
    folder = tmp_path_factory.mktemp("kills")
    node = network.first_node(folder / "node", pinned_cometbft, "preset=small", "key_pool=1").start()
    try:
        node.wait_for_key()
        storm = Storm(node, seed)
        record = asyncio.run(round_in_a_storm(storm, folder, STRIKES))
        assert len(storm.strikes) > 1
        yield Survivor(node, record, network.header_app_hashes(node, 1, node.height() - 1))
    finally:
        node.close()


def test_the_round_settles(survivor: Survivor) -> None:
    assert (survivor.record.status, survivor.record.outcome) == (pb.ROUND_STATUS_SETTLED, "paid")
    record = survivor.record
    assert record.paid == record.bounty - committees_part(record.bounty, record.committee_share)
    network.check_verified(survivor.node)


def test_a_store_that_is_lost_is_replayed_from_the_blocks(survivor: Survivor) -> None:
    network.check_replays(survivor.node, survivor.app_hashes)


def test_a_committed_transaction_is_refused_by_a_node_that_has_forgotten_it(survivor: Survivor) -> None:
    """CometBFT's cache of transactions is empty after a restart; the sequence is not."""
    node = survivor.node
    code, output = node.stop()
    assert code == 0, output
    node.start().wait_for_height(1)
    replayed = 0
    for height in survivor.app_hashes:
        for tx in node.rpc("block", height=str(height))["block"]["data"]["txs"]:
            if tx.startswith("C"):  # base64 of 0x0a, the first byte of an account's transaction
                answer = node.wait_until(partial(_broadcast, node, tx), "the RPC")
                assert (answer["codespace"], answer["code"]) == (WrongSequence.codespace, WrongSequence.code)
                replayed += 1
    assert replayed > 5


def _broadcast(node: RunningNode, tx: str) -> dict[str, object]:
    found: dict[str, object] = node.rpc("broadcast_tx_sync", tx=tx)
    return found


@pytest.mark.long
def test_a_second_node_syncs_whatever_happens_to_its_workers_and_again_after_a_reset(
    survivor: Survivor, tmp_path: Path, pinned_cometbft: Path
) -> None:
    second = network.follower(tmp_path / "second", pinned_cometbft, survivor.node)
    goal = max(survivor.app_hashes) + 1
    try:
        second.start()
        assert network.disturb_workers(second, goal) < goal
        network.check_replayed(second, survivor.app_hashes)
        assert network.header_app_hashes(second, 1, goal - 1) == survivor.app_hashes
        code, output = second.stop(signal.SIGINT)
        assert code == 0, output

        reset = network.assayd(second.home.path, "reset", "--yes")
        assert reset.returncode == 0, reset.stderr
        assert not list(second.home.store.iterdir())
        second.start().wait_for_height(goal)
        network.check_replayed(second, survivor.app_hashes)
    finally:
        second.close()
