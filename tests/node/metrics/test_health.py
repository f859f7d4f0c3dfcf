"""What /healthz and /readyz say, and when."""

import time
from collections.abc import Callable
from typing import cast

import pytest

from assay.node.metrics.health import Health
from assay.node.metrics.network import NetworkState
from assay.node.shell.chain import Chain
from assay.node.workers.pool import WorkerPool

AT_HEAD = NetworkState(catching_up=False, peers=3, waiting=0, waiting_bytes=0, power=10)
BEHIND = NetworkState(catching_up=True, peers=3, waiting=0, waiting_bytes=0, power=10)


class Pool:
    size = 2

    def __init__(self) -> None:
        self.pids = [11, 12]


class Height:
    height = 7

    def on_commit(self, listener: Callable[[int], None]) -> None:
        self.committed = listener


class World:
    def __init__(self, not_before: float = 0.0) -> None:
        self.now, self.chain, self.pool = 100.0, Height(), Pool()
        pool, chain = cast(WorkerPool, self.pool), cast(Chain, self.chain)
        self.steps = 0
        self.health = Health(chain, pool, 60, not_before, lambda: self.steps, lambda: self.now)


@pytest.fixture
def world() -> World:
    return World()


def test_a_node_that_starts_is_alive_and_of_no_use(world: World) -> None:
    world.now += 1000
    assert world.health.alive() == (True, "the node is starting")
    world.pool.pids = []
    ready, why = world.health.ready(None)
    assert not ready
    assert why == "0 of 2 worker processes have started and tested themselves; CometBFT does not answer yet"


def test_it_lives_as_long_as_its_height_advances(world: World) -> None:
    world.health.begin()
    world.now += 60
    assert world.health.alive() == (True, "height 7, 60.0 s ago")
    world.now += 1
    alive, why = world.health.alive()
    assert not alive
    assert "stood still at 7 for 61 s" in why
    assert world.health.ready(AT_HEAD) == (False, why)
    world.chain.committed(8)
    assert world.health.alive()[0]
    assert world.health.ready(AT_HEAD)[0]


def test_a_snapshot_that_comes_in_is_progress(world: World) -> None:
    world.health.begin()
    for _ in range(5):
        world.now += 50
        world.steps += 1
        assert world.health.alive()[0]
    world.now += 61
    assert not world.health.alive()[0]


def test_before_genesis_no_block_is_expected() -> None:
    world = World(time.time() + 500)
    world.health.begin()
    world.now += 400
    assert world.health.alive()[0]
    assert world.health.still_seconds() == 0
    world.now += 200
    assert not world.health.alive()[0]


def test_it_is_ready_at_the_head_with_all_its_workers(world: World) -> None:
    world.health.begin()
    assert world.health.ready(AT_HEAD) == (True, "height 7, 0.0 s ago")
    assert world.health.ready(BEHIND) == (False, "the node is catching up, at height 7")
    assert world.health.ready(None) == (False, "CometBFT does not answer yet")
    world.pool.pids.pop()
    ready, why = world.health.ready(AT_HEAD)
    assert (ready, why) == (False, "1 of 2 worker processes have started and tested themselves")
