"""What goes on beside the blocks, put together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.state.snapshots.states import State, stored

from assay.node.background import beside_blocks
from assay.node.home import Home
from assay.node.settings import Settings, SnapshotSettings
from assay.node.shell.chain import Chain
from assay.node.snapshots.shelf import Shelf
from assay.proto import abci_pb2 as abci
from assay.state.rules import keys


@pytest.fixture
def chain(home: Home) -> Iterator[Chain]:
    with stored(home.store, State({keys.ACCOUNT + b"1": b"value"}, {})) as store:
        yield Chain(store, "chain")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "data").mkdir()
    return Home(tmp_path)


@pytest.mark.parametrize(("interval", "offered"), [(5, [5]), (0, [])])
async def test_a_node_that_takes_no_snapshots_any_more_offers_none(
    home: Home, chain: Chain, interval: int, offered: list[int]
) -> None:
    """Its blocks go, and whoever restored an old snapshot would look for those that follow."""
    with chain.store.freeze() as state:
        Shelf(home.snapshots).add(state, lambda: None)
    settings = Settings(snapshots=SnapshotSettings(interval=interval))
    async with beside_blocks(chain, home, settings, {}) as beside:
        listed = await beside.snapshots.list_snapshots(abci.RequestListSnapshots())
        assert [each.height for each in listed.snapshots] == offered
    assert [place.name for place in home.snapshots.iterdir()] == [str(height) for height in offered]
