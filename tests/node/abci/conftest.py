"""An application that records what it is asked, and a client that speaks raw frames."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog

from assay.node.abci.application import NoSnapshots
from assay.node.abci.connection import ServerLimits
from assay.node.abci.framing import FrameReader, encode_varint
from assay.node.abci.server import Server
from assay.proto import abci_pb2 as abci

Hook = Callable[[Any], Awaitable[Any]]


class RecordingApplication(NoSnapshots):
    """Answers everything; ``hooks[name]`` replaces a handler; ``calls`` has what was asked, in order."""

    def __init__(self, **hooks: Hook) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.hooks = hooks

    async def _answer(self, name: str, request: Any, default: Any) -> Any:
        self.calls.append((name, request))
        return await self.hooks[name](request) if name in self.hooks else default

    async def check_tx_batch(self, requests: Sequence[abci.RequestCheckTx]) -> Any:
        answers = [abci.ResponseCheckTx(data=request.tx) for request in requests]
        return await self._answer("check_tx_batch", list(requests), answers)

    async def info(self, request: abci.RequestInfo) -> Any:
        return await self._answer("info", request, abci.ResponseInfo(data="recording"))

    async def query(self, request: abci.RequestQuery) -> Any:
        return await self._answer("query", request, abci.ResponseQuery(value=request.data))

    async def init_chain(self, request: abci.RequestInitChain) -> Any:
        return await self._answer("init_chain", request, abci.ResponseInitChain())

    async def prepare_proposal(self, request: abci.RequestPrepareProposal) -> Any:
        return await self._answer("prepare_proposal", request, abci.ResponsePrepareProposal(txs=request.txs))

    async def process_proposal(self, request: abci.RequestProcessProposal) -> Any:
        return await self._answer("process_proposal", request, abci.ResponseProcessProposal(status=1))

    async def extend_vote(self, request: abci.RequestExtendVote) -> Any:
        return await self._answer("extend_vote", request, abci.ResponseExtendVote())

    async def verify_vote_extension(self, request: abci.RequestVerifyVoteExtension) -> Any:
        return await self._answer(
            "verify_vote_extension", request, abci.ResponseVerifyVoteExtension(status=1)
        )

    async def finalize_block(self, request: abci.RequestFinalizeBlock) -> Any:
        return await self._answer("finalize_block", request, abci.ResponseFinalizeBlock(app_hash=b"hash"))

    async def commit(self, request: abci.RequestCommit) -> Any:
        return await self._answer("commit", request, abci.ResponseCommit())


class Peer:
    """The other end of a connection, as CometBFT would hold it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._reader = reader
        self._frames = FrameReader()
        self._ready: list[bytes] = []

    @staticmethod
    def frame(**value: Any) -> bytes:
        body = abci.Request(**value).SerializeToString()
        return encode_varint(len(body)) + body

    def send(self, *frames: bytes) -> None:
        self.writer.write(b"".join(frames))

    async def receive_bytes(self) -> bytes | None:
        """The next frame's body, or None when the server has closed."""
        while not self._ready:
            data = await self._reader.read(1 << 16)
            if not data:
                return None
            self._frames.feed(data, self._ready)
        return self._ready.pop(0)

    async def receive(self) -> abci.Response | None:
        body = await self.receive_bytes()
        return None if body is None else abci.Response.FromString(body)

    async def receive_kinds(self, count: int) -> list[str | None]:
        answers = [await self.receive() for _ in range(count)]
        return [answer.WhichOneof("value") if answer else None for answer in answers]

    async def rest(self) -> list[abci.Response]:
        """Everything until the server closes."""
        answers = []
        while (answer := await self.receive()) is not None:
            answers.append(answer)
        return answers

    async def ask(self, **value: Any) -> abci.Response:
        self.send(self.frame(**value), self.frame(flush=abci.RequestFlush()))
        answer, flushed = await self.receive(), await self.receive()
        assert answer is not None
        assert flushed is not None
        assert flushed.HasField("flush")
        return answer

    def close(self) -> None:
        self.writer.close()


class Network:
    """A running server and its application."""

    def __init__(self, application: Any, server: Server) -> None:
        self.application = application
        self.server = server

    async def connect(self) -> Peer:
        scheme, _, where = self.server.address.partition("://")
        if scheme == "unix":
            return Peer(*await asyncio.open_unix_connection(where))
        host, _, port = where.rpartition(":")
        return Peer(*await asyncio.open_connection(host.strip("[]"), int(port)))


Serve = Callable[..., Any]


@pytest.fixture
def application_type() -> type[RecordingApplication]:
    return RecordingApplication


@pytest.fixture(scope="session")
def serve() -> Serve:
    """An async context manager: a server in front of an application."""

    @asynccontextmanager
    async def run(
        application: Any = None, limits: ServerLimits | None = None, address: str = ""
    ) -> AsyncIterator[Network]:
        application = application or RecordingApplication()
        with tempfile.TemporaryDirectory() as directory:
            server = Server(application, limits)
            await server.start(address or f"unix://{Path(directory, 'abci.sock')}")
            try:
                yield Network(application, server)
            finally:
                await server.stop()

    return run


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep what the server logs, and do not print it."""
    with structlog.testing.capture_logs():
        yield
