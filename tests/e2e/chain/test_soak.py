"""Round after round under kills, for as long as there is time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.chain import network
from tests.e2e.chain.storm import Storm, round_in_a_storm
from tests.e2e.conftest import RunningNode

from assay.proto import state_pb2 as pb

pytestmark = [pytest.mark.e2e, pytest.mark.long]

MOST_SECONDS = 300.0
STRIKES = 100
"""In one round: more than there is time for."""


@pytest.mark.timeout(900)
def test_rounds_settle_under_kills_until_the_time_is_up(
    first_node: Callable[..., RunningNode], tmp_path: Path, seed: int, time_left: float
) -> None:
    end = time.monotonic() + min(MOST_SECONDS, time_left)
    node = first_node("preset=small", "key_pool=1").start()
    node.wait_for_key()
    storm, rounds = Storm(node, seed), 0
    while not rounds or time.monotonic() < end:
        node.wait_for_key()
        record = asyncio.run(round_in_a_storm(storm, tmp_path / f"round{rounds}", STRIKES))
        rounds += 1
        assert (record.id, record.status) == (rounds, pb.ROUND_STATUS_SETTLED), storm.strikes
    print(f"{rounds} rounds, {len(storm.strikes)} strikes")

    app_hashes = network.header_app_hashes(node, 1, node.height() - 1)
    network.check_replays(node, app_hashes, 300)
