"""One connection: bytes in, answers out, in the order of the questions.

Reading and answering are apart. The protocol callbacks cut what arrives into
frames and never call the application; one task per connection takes the frames
that have gathered and answers them. If it falls behind, reading stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import structlog

from assay.node.abci.codec import CHECK_TX_BYTE, CONSENSUS_BYTES, ProtocolError, encode_exception
from assay.node.abci.dispatch import ApplicationError, Dispatcher
from assay.node.abci.framing import MAX_FRAME_BYTES, FrameReader, FramingError

_log = structlog.get_logger(__name__)
_FAREWELL_SECONDS = 1.0


@dataclass(frozen=True)
class ServerLimits:
    """Bounds of what a connection may hold.

    Attributes
    ----------
    frame_bytes
        Longest frame accepted.
    batch_requests, batch_bytes
        Most CheckTx requests, and most bytes of them, given to the
        application at once (one request is always given). This is the longest
        consensus waits for the mempool: about 6 ms with two signature threads.
    backlog_requests, backlog_bytes
        Reading stops when this many requests, or bytes of them, wait. They are
        large, because CometBFT is not idle while it cannot write: its flush
        timer, meant for 20 ms, is set to 20 ns and takes a whole core
        (abci/client/socket_client.go, flushThrottleMS).
    """

    frame_bytes: int = MAX_FRAME_BYTES
    batch_requests: int = 256
    batch_bytes: int = 1 << 20
    backlog_requests: int = 65_536
    backlog_bytes: int = 32 << 20


class Connection(asyncio.Protocol):
    """The server's end of one socket.

    Parameters
    ----------
    dispatcher
        Answers the requests.
    limits
        Bounds.
    number
        For the log.
    on_closed
        Told when the last answer has gone.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        limits: ServerLimits,
        number: int,
        on_closed: Callable[[Connection], None],
    ) -> None:
        self.task: asyncio.Task[None] | None = None
        self._on_closed = on_closed
        self._dispatcher = dispatcher
        self._limits = limits
        self._log = _log.bind(connection=number)
        self._reader = FrameReader(limits.frame_bytes)
        self._frames: list[bytes] = []
        self._backlog = 0  # bytes in _frames
        self._refusal = ""  # why the bytes after _frames cannot be read
        self._ended = False  # nothing more will come
        self._closing = False  # and what has come is not answered any more
        self._in_consensus = False
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    # ---- called by the event loop ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start answering."""
        self._transport = cast(asyncio.Transport, transport)
        self.task = asyncio.get_running_loop().create_task(self._run())

    def data_received(self, data: bytes) -> None:
        """Cut the bytes into frames and wake the answering task."""
        if self._refusal:
            return
        known = len(self._frames)
        try:
            self._reader.feed(data, self._frames)
        except FramingError as error:
            self._refusal = str(error)
            self._transport.pause_reading()
        new = self._frames[known:] if known else self._frames
        if not new and not self._refusal:
            return
        self._backlog += sum(map(len, new))
        if any(frame and frame[0] in CONSENSUS_BYTES for frame in new):
            self._dispatcher.turns.claim(self)
        if self._backlog >= self._limits.backlog_bytes or len(self._frames) >= self._limits.backlog_requests:
            self._transport.pause_reading()
        self._arrived.set()

    def eof_received(self) -> bool:
        """The peer sends no more, but may still read what it asked for."""
        if self._reader.partial and not self._refusal:
            self._refusal = "the connection ended within a frame"
        self._ended = True
        self._arrived.set()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """Stop answering, once a consensus call under way has come to its end."""
        if error is not None:
            self._log.warning("ABCI connection lost", error=str(error))
        self._writable.set()
        self.close()

    def pause_writing(self) -> None:
        """The peer does not read its answers."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The peer has read enough of them."""
        self._writable.set()

    # ---- the answering task ----

    def close(self) -> None:
        """Take no more requests; a consensus call that has begun runs to its end."""
        self._ended = self._closing = True
        self._frames.clear()
        self._arrived.set()
        if self.task is not None and not self._in_consensus:
            self.task.cancel()

    async def _run(self) -> None:
        """Answer until the peer ends or breaks the protocol."""
        try:
            while await self._answer_arrived():
                pass
            if self._refusal and not self._closing:
                raise ProtocolError(self._refusal)
        except (ProtocolError, ApplicationError) as error:
            self._log.error("ABCI connection closed", reason=str(error))
            await self._leave(encode_exception(str(error)))
        except Exception as error:  # noqa: BLE001
            # Nothing a peer sends is known to lead here; if something does, the peer must learn of it.
            self._log.exception("ABCI connection failed")
            await self._leave(encode_exception(f"internal error: {type(error).__name__}"))
        finally:
            self._dispatcher.turns.release(self)
            self._transport.close()
            self._on_closed(self)

    async def _answer_arrived(self) -> bool:
        """Answer the frames that have gathered; return whether more can come."""
        await self._arrived.wait()
        self._arrived.clear()
        frames, self._frames, self._backlog = self._frames, [], 0
        if not self._ended and not self._refusal:
            self._transport.resume_reading()
        await self._answer(frames)
        return bool(self._frames) or not (self._ended or self._refusal)

    async def _answer(self, frames: list[bytes]) -> None:
        """Answer frames in order, CheckTx in batches; write at each Flush, each batch and at the end."""
        out: list[bytes] = []
        position, kind = 0, ""
        try:
            while position < len(frames) and not self._closing:
                batch = self._check_batch(frames, position)
                if batch:
                    answered, answer = await self._dispatcher.check_txs(batch, self)
                else:
                    answered = 1
                    kind, answer = await self._one(frames[position])
                out.append(answer)
                position += answered
                if batch or kind == "flush":
                    await self._write(out)
        except (ProtocolError, ApplicationError):
            await self._write(out)
            raise
        await self._write(out)

    def _check_batch(self, frames: list[bytes], position: int) -> list[bytes]:
        """The CheckTx frames that begin at ``position``, as many as the limits allow."""
        batch: list[bytes] = []
        room = self._limits.batch_bytes
        for frame in frames[position : position + self._limits.batch_requests]:
            room -= len(frame)
            if not frame or frame[0] != CHECK_TX_BYTE or (batch and room < 0):
                break
            batch.append(frame)
        return batch

    async def _one(self, frame: bytes) -> tuple[str, bytes]:
        """Answer one request; a consensus call is not to be cancelled."""
        self._in_consensus = bool(frame) and frame[0] in CONSENSUS_BYTES
        try:
            return await self._dispatcher.one(frame, self)
        finally:
            self._in_consensus = False

    async def _write(self, out: list[bytes]) -> None:
        """Send and forget what is in ``out``; wait while the peer does not read."""
        if out:
            self._transport.write(b"".join(out))
            out.clear()
        await self._writable.wait()

    async def _leave(self, farewell: bytes) -> None:
        """Send a last frame and let the peer read it.

        Closing a TCP socket with bytes unread resets the connection, and the
        reset can overtake the farewell: so what still arrives is read and
        dropped until the peer ends, for a moment at most.
        """
        self._refusal = self._refusal or "closed"
        if self._transport.is_closing():
            return
        self._transport.write(farewell)
        self._transport.write_eof()
        self._transport.resume_reading()
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                while not self._ended:
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            pass
