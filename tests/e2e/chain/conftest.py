"""One network for all scenarios that can share it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.chain import network
from tests.e2e.conftest import RunningNode

from assay.client import Client

KEYS = 4
"""Rounds that can be open at a time."""

_shared: list[RunningNode] = []


@pytest.fixture(scope="session")
def shared(pinned_cometbft: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """The only validator of a chain with the preset small, running.

    Whoever uses it may leave rounds and accounts behind, and must leave it running.
    """
    path = tmp_path_factory.mktemp("shared") / "home"
    node = network.first_node(path, pinned_cometbft, "preset=small", f"key_pool={KEYS}").start()
    _shared.append(node)
    node.wait_for_key()
    yield node
    _stop_shared()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    """Stop the shared network after the last scenario, rather than after the last test of all."""
    yield
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        _stop_shared()


def _stop_shared() -> None:
    while _shared:
        _shared.pop().close()


@pytest.fixture
async def client(shared: RunningNode) -> AsyncIterator[Client]:
    """A client of the shared network."""
    async with Client(shared.rpc_url, network.CHAIN_ID) as found:
        yield found


@pytest.fixture
def first_node(tmp_path: Path, pinned_cometbft: Path) -> Iterator[Callable[..., RunningNode]]:
    """Make a chain of one's own; stopped when the test ends."""
    nodes: list[RunningNode] = []

    def make(*params: str, binary: Path = pinned_cometbft) -> RunningNode:
        nodes.append(network.first_node(tmp_path / f"node{len(nodes)}", binary, *params))
        return nodes[-1]

    yield make
    for node in nodes:
        node.close()
