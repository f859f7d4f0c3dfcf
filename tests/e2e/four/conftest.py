"""One network of four validators for all scenarios that can share it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.four.network import CHAIN_ID, Network, make_network

from assay.client import Client

KEYS = 2
# A ceremony waits for a member that is away, instead of giving the key up.
PARAMS = ("preset=small", f"key_pool={KEYS}", "ceremony_window=2000")

_shared: list[Network] = []


@pytest.fixture(scope="session")
def four(pinned_cometbft: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Four validators with a committee of four, running; whoever uses them leaves all four running."""
    made = make_network(tmp_path_factory.mktemp("four") / "net", pinned_cometbft, *PARAMS)
    _shared.append(made)
    yield made.start()
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
async def client(four: Network) -> AsyncIterator[Client]:
    """A client of the shared network's first node, once there is a key for a round."""
    four.wait_for_keys(1)
    async with Client(four.first.rpc_url, CHAIN_ID) as found:
        yield found


@pytest.fixture
def make(tmp_path: Path, pinned_cometbft: Path) -> Iterator[Callable[..., Network]]:
    """Make a network of one's own; stopped when the test ends."""
    networks: list[Network] = []

    def make_one(*params: str, **others: object) -> Network:
        networks.append(make_network(tmp_path / "net", pinned_cometbft, *params, **others))  # type: ignore[arg-type]
        return networks[-1]

    yield make_one
    for each in networks:
        each.close()
