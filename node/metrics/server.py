"""The port that Prometheus and health checks ask: ``/metrics``, ``/healthz``, ``/readyz``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from prometheus_client import exposition

from assay.client.rpc import Rpc
from assay.node.abci.server import AddressError
from assay.node.home import host_and_port
from assay.node.metrics.collector import NodeCollector, Watched
from assay.node.metrics.health import Health
from assay.node.metrics.instruments import Instruments
from assay.node.metrics.meter import meter
from assay.node.metrics.network import NetworkView
from assay.node.shell.application import AssayApplication

_log = structlog.get_logger(__name__)


class Endpoint:
    """Answers the three paths.

    Parameters
    ----------
    instruments
        The registry.
    collector
        What is looked up; it is registered here.
    health, network
        What health checks ask.
    """

    def __init__(
        self, instruments: Instruments, collector: NodeCollector, health: Health, network: NetworkView
    ) -> None:
        self._registry = instruments.registry
        self._registry.register(collector)
        self._collector = collector
        self._health = health
        self._network = network
        self._scrape = asyncio.Lock()

    def application(self) -> web.Application:
        """Return the routes."""
        made = web.Application(client_max_size=0)
        made.router.add_get("/metrics", self._metrics)
        made.router.add_get("/healthz", self._healthz)
        made.router.add_get("/readyz", self._readyz)
        return made

    async def _metrics(self, request: web.Request) -> web.Response:
        encode, content_type = exposition.choose_encoder(request.headers.get("Accept", ""))
        async with self._scrape:
            self._collector.network = await self._network.look()
            # In a thread: it reads the store and the disk, and the loop has blocks to serve.
            body = await asyncio.to_thread(encode, self._registry)
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _healthz(self, _request: web.Request) -> web.Response:
        return _answer(*self._health.alive())

    async def _readyz(self, _request: web.Request) -> web.Response:
        return _answer(*self._health.ready(await self._network.look()))


def _answer(good: bool, sentence: str) -> web.Response:
    return web.Response(status=200 if good else 503, text=f"{sentence}\n")


@asynccontextmanager
async def served(
    address: str, application: AssayApplication, instruments: Instruments, watched: Watched, rpc: Rpc
) -> AsyncIterator[None]:
    """Meter an application and answer at ``host:port`` until the context is left; at "" nothing.

    Raises
    ------
    AddressError
        If the address is not one, or cannot be listened at.
    """
    if not address:
        yield
        return
    meter(application, instruments)
    endpoint = Endpoint(instruments, NodeCollector(watched), watched.health, NetworkView(rpc))
    runner = web.AppRunner(endpoint.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await _listen(runner, address)
        yield
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, address: str) -> None:
    host, port = host_and_port(address)
    if not host or not port:
        raise AddressError(
            f"[metrics] address {address!r} in assayd.toml is not HOST:PORT, such as 127.0.0.1:26661"
        )
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise AddressError(
            f"cannot serve metrics at {address}: {error.strerror}. Choose another [metrics] address in "
            "assayd.toml, or leave it empty"
        ) from error
    _log.info("metrics served", address=f"http://{address}/metrics")
