"""The endpoint over HTTP, in front of an application with a real store."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.node.shell.test_shell import VALIDATOR, Node, block, genesis, transfer

from assay.client.rpc import Rpc
from assay.node.abci.server import AddressError
from assay.node.metrics.collector import Watched
from assay.node.metrics.health import Health
from assay.node.metrics.instruments import Instruments
from assay.node.metrics.server import served
from assay.node.metrics.sizes import DiskUse
from assay.node.ports import LOOPBACK, free_ports
from assay.node.settings import SnapshotSettings
from assay.node.snapshots.shelf import Shelf
from assay.node.snapshots.taker import Taker
from assay.node.workers.pool import WorkerPool


class Served:
    """A node's application with its endpoint; no CometBFT runs."""

    def __init__(self, path: Path) -> None:
        port, nobody = free_ports(2)
        self.node, self.pool = Node(path), WorkerPool()
        self.address = f"{LOOPBACK}:{port}"
        self.rpc = Rpc(f"{LOOPBACK}:{nobody}")
        self.health = Health(self.node.chain, self.pool, 60)
        self.path = path
        self.taker = Taker(self.node.chain.store, Shelf(path / "shelf"), SnapshotSettings(interval=1))

    def serve(self, address: str | None = None) -> Any:
        tally, disk = self.node.runtime.tally, DiskUse(self.path)
        watched = Watched(self.node.chain, self.pool, tally, disk, self.taker, self.health, VALIDATOR.address)
        instruments = Instruments()
        at = self.address if address is None else address
        return served(at, self.node.app, instruments, watched, self.rpc)

    async def get(self, path: str, **headers: str) -> tuple[int, str, str]:
        url = f"http://{self.address}{path}"
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
            return response.status, response.content_type, await response.text()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Served]:
    found = Served(tmp_path)
    await found.node.app.init_chain(genesis())
    yield found
    await found.rpc.close()
    await found.node.close()


async def test_metrics_are_what_prometheus_reads(world: Served) -> None:
    async with world.serve():
        status, _, before = await world.get("/metrics")
        await block(world.node, 1, transfer(0))
        _, kind, after = await world.get("/metrics")
        _, open_kind, _ = await world.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert (status, kind, open_kind) == (200, "text/plain", "application/openmetrics-text")
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(after)
        for sample in family.samples
    }
    assert found["assay_height",] == found["assay_blocks_total",] == 1
    assert found["assay_transactions_total", "0", "ok"] == 1
    assert found["assay_rounds", "open"] == 0
    assert found["assay_workers", "wanted"] == 1
    assert found["assay_workers", "running"] == 0
    assert found["assay_store_bytes", "store"] > 0
    assert found["process_open_fds",] > 0
    assert (found["assay_state_versions",], found["assay_state_versions_behind",]) == (2, 0)
    assert found["assay_snapshot_height",] == found["assay_snapshots_taken_total",] == 0
    assert (
        found["assay_snapshots_failed_total", "late"] == found["assay_snapshots_failed_total", "error"] == 0
    )
    assert "assay_rounds" not in before  # no state yet
    assert "assay_peers" not in after  # CometBFT does not answer


async def test_health_is_a_status_and_a_sentence(world: Served) -> None:
    async with world.serve():
        assert (await world.get("/healthz"))[::2] == (200, "the node is starting\n")
        status, _, text = await world.get("/readyz")
        assert status == 503
        assert "0 of 1 worker processes" in text
        assert "CometBFT does not answer yet" in text
        assert (await world.get("/"))[0] == 404


async def test_without_an_address_nothing_is_served_nor_metered(world: Served) -> None:
    handler = world.node.app.commit
    async with world.serve(""):
        assert world.node.app.commit == handler
        with pytest.raises(aiohttp.ClientConnectionError):
            await world.get("/healthz")


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1", ":0"])
async def test_an_address_that_is_none_is_named(world: Served, address: str) -> None:
    with pytest.raises(AddressError, match=r"is not HOST:PORT"):
        async with world.serve(address):
            pass


async def test_a_port_that_is_taken_is_named(world: Served) -> None:
    async with world.serve():
        with pytest.raises(
            AddressError, match=r"cannot serve metrics at .* Choose another \[metrics\] address"
        ):
            async with world.serve():
                pass


async def test_scrapes_at_once_are_all_answered(world: Served) -> None:
    async with world.serve():
        answers = await asyncio.gather(*(world.get("/metrics") for _ in range(8)))
    assert [status for status, _, _ in answers] == [200] * 8
