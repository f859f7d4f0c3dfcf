"""The wires between the nodes of a local network, so that a scenario can cut them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from itertools import permutations

from tests.e2e.conftest import RunningNode

from assay.node.ports import LOOPBACK, free_ports
from assay.node.tomlfile import set_values

Way = tuple[int, int]
"""Numbers of the node that calls and of the one that is called."""


class Wires:
    """A proxy for every node's way to every other, through which alone they reach one another.

    Nodes of a local network exchange no addresses, so there is no other way.
    """

    def __init__(self, nodes: Sequence[RunningNode]) -> None:
        self._cut: set[int] = set()
        self._open: dict[int, set[asyncio.StreamWriter]] = {number: set() for number in range(len(nodes))}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        ways = list(permutations(range(len(nodes)), 2))
        proxies = dict(zip(ways, free_ports(len(ways)), strict=True))
        ports = [_port(node) for node in nodes]
        self._servers = [
            self._loop.run_until_complete(self._listen(way, proxy, ports[way[1]]))
            for way, proxy in proxies.items()
        ]
        for number, node in enumerate(nodes):
            others = [other for other in range(len(nodes)) if other != number]
            _lead_through(node, {ports[other]: proxies[number, other] for other in others})
        self._thread.start()

    def cut(self, number: int) -> None:
        """Take a node off the network."""
        asyncio.run_coroutine_threadsafe(self._take_off(number), self._loop).result()

    def mend(self, number: int) -> None:
        """Put it back."""
        self._cut.discard(number)

    def close(self) -> None:
        """Cut everything, for good."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        for number in self._open:
            await self._take_off(number)

    async def _take_off(self, number: int) -> None:
        self._cut.add(number)
        for writer in list(self._open[number]):
            writer.transport.abort()

    async def _listen(self, way: Way, proxy: int, target: int) -> asyncio.Server:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._join(way, target, reader, writer)

        return await asyncio.start_server(connected, LOOPBACK, proxy)

    async def _join(
        self, way: Way, target: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Carry bytes both ways, unless one of the two nodes is off the network."""
        if not self._cut.isdisjoint(way):
            writer.transport.abort()
            return
        ends = {writer}
        try:
            there, back = await asyncio.open_connection(LOOPBACK, target)
            ends.add(back)
            for number in way:
                self._open[number] |= ends
            await asyncio.gather(_carry(reader, back), _carry(there, writer))
        except OSError:
            pass
        finally:
            for number in way:
                self._open[number] -= ends
            for end in ends:
                end.transport.abort()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


def _port(node: RunningNode) -> int:
    return int(node.home.config()["p2p"]["laddr"].rpartition(":")[2])


def _lead_through(node: RunningNode, ways: dict[int, int]) -> None:
    """Have a node dial the proxies of its peers."""
    peers = node.home.config()["p2p"]["persistent_peers"].split(",")
    there = [f"{address}:{ways[int(port)]}" for address, _, port in (peer.rpartition(":") for peer in peers)]
    text = node.home.config_file.read_text()
    node.home.config_file.write_text(set_values(text, {"p2p": {"persistent_peers": ",".join(there)}}))
