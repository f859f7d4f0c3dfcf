"""A node's server, and the four connections over which CometBFT drives it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.node.abci.conftest import Network, Peer
from tests.node.shell.test_shell import Node

from assay.node.abci.server import Server
from assay.proto import abci_pb2 as abci


class Driven:
    """A real application behind a real server, until the `async with` ends: as when a process ends.

    Parameters
    ----------
    path
        The node's directory; a later `Driven` of the same path goes on where this one ended.
    """

    def __init__(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        self._path = path
        self._sockets = tempfile.TemporaryDirectory()

    async def __aenter__(self) -> Self:
        self.node = Node(self._path)
        self.server = Server(self.node.app)
        await self.server.start(f"unix://{self._sockets.name}/abci.sock")
        network = Network(self.node.app, self.server)
        self._peers: list[Peer] = [await network.connect() for _ in range(4)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for peer in self._peers:
            peer.close()
        await self.server.stop()
        await self.node.close()
        self._sockets.cleanup()

    async def consensus(self, **request: Any) -> abci.Response:
        """Ask over the consensus connection."""
        return await self._ask(0, **request)

    async def mempool(self, **request: Any) -> abci.Response:
        """Ask over the mempool connection."""
        return await self._ask(1, **request)

    async def query(self, **request: Any) -> abci.Response:
        """Ask over the query connection."""
        return await self._ask(2, **request)

    async def snapshots(self, **request: Any) -> abci.Response:
        """Ask over the snapshot connection."""
        return await self._ask(3, **request)

    async def _ask(self, connection: int, **request: Any) -> abci.Response:
        answer = await self._peers[connection].ask(**request)
        assert not answer.HasField("exception"), f"{next(iter(request))}: {answer.exception.error}"
        (kind,) = request
        assert answer.WhichOneof("value") == kind
        assert not self.server.failed.done(), self.server.failed
        return answer

    def take_snapshot(self) -> None:
        """Put a snapshot of the committed state on the shelf."""
        with self.node.store.freeze() as state:
            self.node.shelf.add(state, lambda: None)
