"""Requests to the application, one lane at a time.

The lanes are CometBFT's connections. A lane's calls never overlap, whichever
connections they come from; calls of different lanes may interleave at their
awaits, with consensus first (:mod:`assay.node.abci.turns`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from google.protobuf.message import Message

from assay.node.abci.application import Application
from assay.node.abci.codec import (
    FLUSHED,
    LANES,
    RESPONSE_TYPES,
    Lane,
    decode_check_txs,
    decode_request,
    encode_response,
)
from assay.node.abci.turns import Turns
from assay.proto import abci_pb2 as abci
from assay.state.rules.errors import QueryFailed, WorkerUnavailable

_log = structlog.get_logger(__name__)

Handler = Callable[[Any], Awaitable[Message]]


class ApplicationError(Exception):
    """A handler raised where no code can stand for it; the node must stop."""


class Dispatcher:
    """Calls the application for every connection of one server.

    Parameters
    ----------
    application
        Answers the requests.
    on_failure
        Told, in a sentence, that a handler raised and the node must stop.
    """

    def __init__(self, application: Application, on_failure: Callable[[str], None]) -> None:
        self.turns = Turns()
        self._check_tx_batch = application.check_tx_batch
        self._on_failure = on_failure
        self._locks = {lane: asyncio.Lock() for lane in Lane}
        self._handlers: dict[str, Handler] = {
            kind: getattr(application, kind)
            for kind, lane in LANES.items()
            if lane in (Lane.CONSENSUS, Lane.QUERY, Lane.SNAPSHOT)
        }

    async def check_txs(self, frames: list[bytes], owner: object) -> tuple[int, bytes]:
        """Answer consecutive CheckTx frames as one batch.

        Parameters
        ----------
        frames
            At least one, each beginning with `CHECK_TX_BYTE`.
        owner
            The connection.

        Returns
        -------
        tuple[int, bytes]
            How many frames were answered, at least one, and the answers' frames.

        Raises
        ------
        ProtocolError
            If the first frame is not a CheckTx request.
        """
        self.turns.release(owner)
        async with self._locks[Lane.MEMPOOL]:
            await self.turns.turn()
            requests = decode_check_txs(frames)
            try:
                answers = await self._check_tx_batch(requests)
                return len(requests), _join_check_txs(answers, len(requests))
            except Exception:  # noqa: BLE001 - a stranger's bytes must not stop the node
                _log.exception("CheckTx failed; the batch is refused", transactions=len(requests))
                refusal = encode_response("check_tx", _CHECK_FAILED)
                return len(requests), refusal * len(requests)

    async def one(self, frame: bytes, owner: object) -> tuple[str, bytes]:
        """Answer any request.

        Returns
        -------
        tuple[str, bytes]
            The request's kind and the frame of its answer.

        Raises
        ------
        ProtocolError
            If the frame is not a request known here.
        ApplicationError
            If the handler raised and only an Exception can answer.
        """
        kind, request = decode_request(frame)
        lane = LANES[kind]
        if kind == "flush":
            return kind, FLUSHED
        if kind == "echo":
            return kind, encode_response(kind, abci.ResponseEcho(message=request.echo.message))
        if lane is Lane.MEMPOOL:
            return kind, (await self.check_txs([frame], owner))[1]
        if lane is Lane.CONSENSUS:
            return kind, await self._consensus(kind, request, owner)
        return kind, await self._bystander(kind, lane, request, owner)

    async def _consensus(self, kind: str, request: abci.Request, owner: object) -> bytes:
        """Call a consensus handler; nothing else starts while it can run."""
        self.turns.claim(owner)
        try:
            async with self._locks[Lane.CONSENSUS]:
                return await self.turns.first(owner, self._call(kind, request))
        finally:
            self.turns.release(owner)

    async def _bystander(self, kind: str, lane: Lane, request: abci.Request, owner: object) -> bytes:
        """Call a query or snapshot handler when consensus leaves room."""
        self.turns.release(owner)
        async with self._locks[lane]:
            await self.turns.turn()
            return await self._call(kind, request)

    async def _call(self, kind: str, request: abci.Request) -> bytes:
        """Call a handler and encode its answer."""
        try:
            answer = await self._handlers[kind](getattr(request, kind))
            _expect_type(kind, answer)
            return encode_response(kind, answer)
        except Exception as error:
            if kind == "query":
                _log.exception("a query failed", path=request.query.path)
                return encode_response(kind, _QUERY_FAILED)
            _log.exception("the application failed", call=kind)
            sentence = f"{kind} failed with {type(error).__name__}: {error}"
            self._on_failure(sentence)
            raise ApplicationError(sentence) from error


_QUERY_FAILED = abci.ResponseQuery(
    code=QueryFailed.code, codespace=QueryFailed.codespace, log="the node failed to answer; its log says why"
)
_CHECK_FAILED = abci.ResponseCheckTx(
    code=WorkerUnavailable.code,
    codespace=WorkerUnavailable.codespace,
    log="the node could not check the transaction now; send it again",
)


def _expect_type(kind: str, answer: Message) -> None:
    """Refuse an answer of another type: its bytes would be read as something else."""
    expected = RESPONSE_TYPES[kind]
    if not isinstance(answer, expected):
        raise TypeError(f"{kind} must return {expected.__name__}, not {type(answer).__name__}")


def _join_check_txs(answers: Sequence[abci.ResponseCheckTx], count: int) -> bytes:
    """Encode a batch's answers into one buffer."""
    if len(answers) != count:
        raise ValueError(f"check_tx_batch returned {len(answers)} answers to {count} requests")
    frames: list[bytes] = []
    last: abci.ResponseCheckTx | None = None
    frame = b""
    for answer in answers:
        if answer is not last:
            _expect_type("check_tx", answer)
            frame, last = encode_response("check_tx", answer), answer
        frames.append(frame)
    return b"".join(frames)
