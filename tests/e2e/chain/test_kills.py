"""SIGKILL at random moments during a round, recovery, and the same app hashes on every replay."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.chain import books, network
from tests.e2e.chain.people import ASY, contribute, people, post_model, write_parts
from tests.e2e.chain.storm import VICTIMS, Storm
from tests.e2e.conftest import RunningNode

from assay.client import Client
from assay.client.bounty import Terms
from assay.proto import state_pb2 as pb

pytestmark = pytest.mark.e2e

BOUNTY = 10 * ASY


@dataclass
class Survivor:
    """A node that was killed again and again during a round, and the app hash after every height.

    Attributes
    ----------
    record
        The round, proven.
    """

    node: RunningNode
    record: pb.Round
    app_hashes: dict[int, str]


@pytest.fixture(scope="module")
def survivor(
    tmp_path_factory: pytest.TempPathFactory, pinned_cometbft: Path, seed: int
) -> Iterator[Survivor]:
    folder = tmp_path_factory.mktemp("kills")
    node = network.first_node(folder / "node", pinned_cometbft, "preset=small", "key_pool=1").start()
    try:
        node.wait_for_key()
        record = asyncio.run(round_in_a_storm(Storm(node, seed), folder))
        last = node.height() - 1
        yield Survivor(node, record, network.header_app_hashes(node, 1, last))
    finally:
        node.close()


async def round_in_a_storm(storm: Storm, folder: Path) -> pb.Round:
    """A whole round with the node killed all the time; returns its proven record."""
    async with Client(storm.node.rpc_url, network.CHAIN_ID) as client:
        owner, *crowd = await people(client, folder, ["owner", "first", "second", "third"])
        held_out, *parts = write_parts(folder, [100, 80, 60, 50])
        bounty = await post_model(client, owner, held_out)
        # Phases end early; the windows have room for whoever finds the node away.
        terms = Terms(BOUNTY, min_contributors=3, max_contributors=3, reveal_window=1000, scoring_window=1000)
        opened = await bounty.open(client, terms)
    over = asyncio.Event()
    raging = asyncio.create_task(storm.rage(over))
    await asyncio.gather(
        *(
            storm.persist(lambda client, who=person, data=part: contribute(client, who, opened.id, data))
            for person, part in zip(crowd, parts, strict=True)
        )
    )
    over.set()
    await raging
    assert len(storm.kills) >= len(VICTIMS)
    async with Client(storm.node.rpc_url, network.CHAIN_ID) as client:
        record, _, _ = await books.explained(client, opened.id)
        await books.check_round_closed(client, record)
    return record


def check_replayed(node: RunningNode, survivor: Survivor) -> None:
    """The application executed every block itself, from the first, and came to the same app hashes."""
    executed = network.executed_app_hashes(node)
    assert set(survivor.app_hashes) <= set(executed)
    assert all(app_hash.startswith(executed[height]) for height, app_hash in survivor.app_hashes.items())
    verified = network.assayd(node.home.path, "verify")
    assert verified.returncode == 0, verified.stderr


def test_the_round_settles(survivor: Survivor) -> None:
    assert (survivor.record.status, survivor.record.outcome) == (pb.ROUND_STATUS_SETTLED, "paid")
    assert survivor.record.paid == BOUNTY + survivor.record.scoring_fee
    verified = network.assayd(survivor.node.home.path, "verify")
    assert verified.returncode == 0, verified.stderr


def test_a_store_that_is_lost_is_replayed_from_the_blocks(survivor: Survivor) -> None:
    node = survivor.node
    code, output = node.stop()
    assert code == 0, output
    shutil.rmtree(node.home.store)
    node.home.store.mkdir(mode=0o700)
    node.start().wait_for_height(max(survivor.app_hashes) + 2)
    check_replayed(node, survivor)


def test_a_second_node_syncs_whatever_happens_to_its_workers_and_again_after_a_reset(
    survivor: Survivor, tmp_path: Path, pinned_cometbft: Path
) -> None:
    second = network.follower(tmp_path / "second", pinned_cometbft, survivor.node)
    goal = max(survivor.app_hashes) + 1
    try:
        second.start()
        assert network.disturb_workers(second, goal) < goal
        check_replayed(second, survivor)
        assert network.header_app_hashes(second, 1, goal - 1) == survivor.app_hashes
        code, output = second.stop(signal.SIGINT)
        assert code == 0, output

        reset = network.assayd(second.home.path, "reset", "--yes")
        assert reset.returncode == 0, reset.stderr
        assert not list(second.home.store.iterdir())
        second.start().wait_for_height(goal)
        check_replayed(second, survivor)
    finally:
        second.close()
