"""Event subscriptions over one websocket, shared by everybody who listens."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import aiohttp

from assay.client.errors import BadResponse, NodeUnreachable, RpcError, SubscriptionLost
from assay.client.rpc import MAX_RESPONSE_BYTES, Rpc, refusal

_QUEUE: Final = 1000
_ANSWER_SECONDS: Final = 10.0
_HEARTBEAT_SECONDS: Final = 15.0

_Item = dict[str, Any] | Exception


class Stream:
    """Events of one subscription, in order; ends with SubscriptionLost."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[_Item] = asyncio.Queue(_QUEUE)
        self._lost: Exception | None = None

    def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        return self

    async def __anext__(self) -> dict[str, Any]:
        """Wait for the next event: the ``result`` object of CometBFT's message."""
        if self._lost is not None and self._queue.empty():
            raise self._lost
        item = await self._queue.get()
        if isinstance(item, Exception):
            self._lost = item
            raise item
        return item

    def put(self, item: _Item) -> None:
        """Append an event; too many unread ones lose the subscription."""
        try:
            self._queue.put_nowait(item)
        except asyncio.QueueFull:
            self._lost = item if isinstance(item, Exception) else SubscriptionLost("events came too fast")


async def merge(streams: Sequence[Stream]) -> AsyncGenerator[dict[str, Any], None]:
    """Yield the events of several streams as they come; the first that ends, ends all."""
    waiting = {asyncio.ensure_future(anext(stream)): stream for stream in streams}
    try:
        while True:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for future in done:
                stream = waiting.pop(future)
                yield future.result()
                waiting[asyncio.ensure_future(anext(stream))] = stream
    finally:
        for future in waiting:
            future.cancel()


class _Topic:
    """One query the node knows of, and those who listen to it."""

    def __init__(self, ident: int) -> None:
        self.ident = ident
        self.streams: list[Stream] = []
        self.confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def put(self, item: _Item) -> None:
        for stream in self.streams:
            stream.put(item)

    def confirm(self, error: Exception | None) -> None:
        if self.confirmed.done():
            return
        if error is None:
            self.confirmed.set_result(None)
        else:
            self.confirmed.set_exception(error)
            self.confirmed.exception()  # whoever waits gets it; nobody may be waiting any more


class Subscriptions:
    """One websocket to a node, opened with the first subscription.

    CometBFT refuses a second subscription of one client to the same query, and
    more than a few different ones, so listeners to one query share it.
    """

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._ids = itertools.count(1)
        self._lock = asyncio.Lock()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._topics: dict[str, _Topic] = {}

    @asynccontextmanager
    async def open(self, query: str) -> AsyncIterator[Stream]:
        """Subscribe to `query` (CometBFT's query language) for the length of a ``with`` block.

        Raises
        ------
        RpcError
            If the node refuses, for one because it has too many subscriptions.
        NodeUnreachable
            If there is no websocket to be had.
        SubscriptionLost
            From the stream, when the connection ends.
        """
        stream = Stream()
        topic = await self._join(query, stream)
        try:
            await self._confirmed(topic)
            yield stream
        finally:
            await self._leave(query, topic, stream)

    async def close(self) -> None:
        """Close the websocket."""
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader

    async def _confirmed(self, topic: _Topic) -> None:
        try:
            # Not wait_for: before Python 3.12 it can lose a cancellation, and with it an interrupt.
            async with asyncio.timeout(_ANSWER_SECONDS):
                await asyncio.shield(topic.confirmed)
        except TimeoutError:
            raise NodeUnreachable(f"{self._rpc.url} did not confirm a subscription") from None

    async def _join(self, query: str, stream: Stream) -> _Topic:
        async with self._lock:
            socket = await self._connected()
            topic = self._topics.get(query)
            if topic is None:
                topic = self._topics[query] = _Topic(next(self._ids))
                await self._send(socket, topic.ident, "subscribe", query)
            topic.streams.append(stream)
            return topic

    async def _leave(self, query: str, topic: _Topic, stream: Stream) -> None:
        topic.streams.remove(stream)
        async with self._lock:
            if topic.streams or self._topics.get(query) is not topic:
                return
            del self._topics[query]
            if self._socket is not None and not self._socket.closed:
                with suppress(ConnectionError):
                    await self._send(self._socket, next(self._ids), "unsubscribe", query)

    async def _send(
        self, socket: aiohttp.ClientWebSocketResponse, ident: int, method: str, query: str
    ) -> None:
        message = {"jsonrpc": "2.0", "id": ident, "method": method, "params": {"query": query}}
        await socket.send_str(json.dumps(message))

    async def _connected(self) -> aiohttp.ClientWebSocketResponse:
        if self._socket is None or self._socket.closed:
            self._lose()
            self._socket = await self._connect()
            self._reader = asyncio.create_task(self._read(self._socket))
        return self._socket

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        url = self._rpc.url + "/websocket"
        try:
            return await self._rpc.session().ws_connect(
                url, heartbeat=_HEARTBEAT_SECONDS, max_msg_size=MAX_RESPONSE_BYTES
            )
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise NodeUnreachable(f"no websocket at {url} ({type(error).__name__})") from error

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._dispatch(json.loads(message.data))
        except (BadResponse, RecursionError, ValueError):  # no node talks like this
            await socket.close()
        finally:
            if socket is self._socket:
                self._lose()

    def _lose(self) -> None:
        """Tell every listener that the websocket is gone."""
        lost = SubscriptionLost(f"the websocket to {self._rpc.url} closed")
        for topic in self._topics.values():
            topic.confirm(lost)
            topic.put(lost)
        self._topics.clear()

    def _dispatch(self, message: Any) -> None:
        if not isinstance(message, dict) or not isinstance(message.get("result") or {}, dict):
            raise BadResponse("the node's message is no JSON-RPC object, or its result is none")
        ident = message.get("id")
        topic = next((topic for topic in self._topics.values() if topic.ident == ident), None)
        if topic is None:
            return
        if message.get("error") is not None:
            failure = _failure(refusal("subscribe", message["error"]))
            topic.confirm(failure)
            topic.put(failure)
        elif message.get("result"):
            topic.put(message["result"])
        else:  # the empty confirmation; the first event may overtake it
            topic.confirm(None)


def _failure(error: RpcError) -> Exception:
    if "canceled" in error.data:
        return SubscriptionLost(f"the node ended the subscription: {error.data}")
    return error
