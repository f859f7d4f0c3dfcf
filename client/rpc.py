"""CometBFT's JSON-RPC over HTTP: calls, batches, and how bytes are written.

In CometBFT's JSON, ``[]byte`` is base64, ``HexBytes`` upper-case hex, and
64-bit integers are strings.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from assay.client.errors import BadNodeAddress, BadResponse, NodeUnreachable, RpcError
from assay.client.progress import advance

MAX_RESPONSE_BYTES: Final = 64 << 20
BATCH: Final = 100
"""Calls in one JSON-RPC batch; the nodes' configuration admits as many."""
_TIMEOUT_SECONDS: Final = 60.0
_CONNECTIONS: Final = 4
_PIECE: Final = 16 << 10
_KEEPALIVE_SECONDS: Final = 5.0
"""CometBFT closes a connection that was idle for 10 s; a request sent at that moment would be lost."""

Call = tuple[str, dict[str, Any]]


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Turn whatever is missing in an answer, or of another type, into `BadResponse`.

    Parameters
    ----------
    what
        Whose answer is taken apart: a method or path.
    """
    try:
        yield
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise BadResponse(
            f"{what}: the node's answer is not of the form expected ({type(error).__name__}: {error}); is it "
            "a node of an Assay chain, and of a version this client knows?"
        ) from error


def b64(data: bytes) -> str:
    """Return bytes as CometBFT writes ``[]byte``."""
    return base64.b64encode(data).decode()


def unb64(text: str | None) -> bytes:
    """Return the bytes of a ``[]byte`` field; CometBFT writes null for none."""
    return base64.b64decode(text) if text else b""


def block_time(text: str) -> datetime:
    """Read a time as CometBFT writes it, with nanoseconds; datetime has microseconds."""
    head, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{head}.{fraction[:6]:0<6}").replace(tzinfo=UTC)


def base_url(node: str) -> str:
    """Return an http(s) address for what users write: ``host:port``, ``tcp://``, ``http(s)://``.

    Raises
    ------
    BadNodeAddress
        If it can be none.
    """
    scheme, separator, rest = node.rpartition("://")
    if scheme == "tcp" or not separator:
        scheme = "http"
    url = f"{scheme}://{rest.rstrip('/')}"
    if scheme not in ("http", "https") or not _has_host(url):
        raise BadNodeAddress(
            f"{node!r} is not a node's address; expected something like http://127.0.0.1:26657"
        )
    return url


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.port != 0 and bool(parts.hostname and parts.hostname.encode("idna")) and " " not in url
    except ValueError:  # a port, an address in brackets, or a name that cannot be
        return False


class Rpc:
    """A connection to one node's RPC port.

    Parameters
    ----------
    node
        Address, such as ``http://127.0.0.1:26657``.
    """

    def __init__(self, node: str) -> None:
        self.url = base_url(node)
        self._ids = itertools.count(1)
        self._session: aiohttp.ClientSession | None = None

    def session(self) -> aiohttp.ClientSession:
        """Return the HTTP session, opened at the first use inside a running event loop."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=_KEEPALIVE_SECONDS),
                timeout=aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS),
            )
        return self._session

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def call(self, method: str, **params: Any) -> Any:
        """Call one method and return its result.

        Raises
        ------
        RpcError
            If the node refuses the call.
        NodeUnreachable, BadResponse
            If there is no answer, or none of the kind expected.
        """
        request = self._request(method, params)
        return _result(method, request["id"], await self._post(request))

    async def batch(self, calls: Sequence[Call]) -> list[Any]:
        """Make many calls in as few requests as possible.

        Returns
        -------
        list
            For each call its result, or the RpcError with which it was refused.
        """
        results: list[Any] = []
        for start in range(0, len(calls), BATCH):
            results += await self._batch(calls[start : start + BATCH])
        return results

    async def _batch(self, calls: Sequence[Call]) -> list[Any]:
        requests = [self._request(method, params) for method, params in calls]
        answer = await self._post(requests)
        if isinstance(answer, dict):  # CometBFT's answer to a batch of one, or a refusal of the whole
            if len(calls) > 1:
                _result("batch", None, answer)
            answer = [answer]
        if not isinstance(answer, list):
            raise BadResponse(f"{self.url} answered a batch with something that is not a list")
        by_id = {str(item.get("id")): item for item in answer if isinstance(item, dict)}
        return [
            _result_or_error(method, request["id"], by_id.get(str(request["id"])))
            for (method, _), request in zip(calls, requests, strict=True)
        ]

    def _request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}

    async def _post(self, request: Any) -> Any:
        data = json.dumps(request, separators=(",", ":")).encode()
        # The length is given, or a body in pieces would be sent chunked.
        headers = {"Content-Type": "application/json", "Content-Length": str(len(data))}
        body = _pieces(data) if len(data) > _PIECE else data
        try:
            # No redirects: a node is not to choose whom this machine talks to.
            post = self.session().post(self.url, data=body, headers=headers, allow_redirects=False)
            async with post as response:
                return _decoded(self.url, response.status, await _bounded(response))
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise NodeUnreachable(
                f"no answer from the node at {self.url} ({type(error).__name__}); is it running, and is "
                "this its RPC address?"
            ) from error


async def _pieces(data: bytes) -> AsyncGenerator[bytes, None]:
    """Yield a body piece by piece, each when the one before is on its way, and say how far it is."""
    for start in range(0, len(data), _PIECE):
        advance(start, len(data))
        yield data[start : start + _PIECE]
    advance(len(data), len(data))


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_any():
        data += chunk
        if len(data) > MAX_RESPONSE_BYTES:
            raise BadResponse(f"the node's answer exceeds {MAX_RESPONSE_BYTES} bytes")
    return bytes(data)


def _decoded(url: str, status: int, data: bytes) -> Any:
    try:
        return json.loads(data)  # CometBFT sends errors as JSON under status 500 too
    except (RecursionError, ValueError):
        text = data[:200].decode(errors="replace").strip()
        raise BadResponse(f"{url} answered HTTP {status} without JSON: {text!r}") from None


def _result(method: str, ident: int | None, answer: Any) -> Any:
    if not isinstance(answer, dict):
        raise BadResponse(f"{method}: the node's answer is not a JSON-RPC object")
    if answer.get("error") is not None:
        raise refusal(method, answer["error"])
    if "result" not in answer or answer.get("id") != ident:
        raise BadResponse(f"{method}: the node's answer has no result, or belongs to another call")
    return answer["result"]


def refusal(method: str, error: Any) -> RpcError:
    """Return the error object of a node's answer as an exception."""
    with understood(method):
        code, message, data = (error.get(name) for name in ("code", "message", "data"))
        return RpcError(method, int(code or 0), str(message or ""), str(data or ""))


def _result_or_error(method: str, ident: int, answer: Any) -> Any:
    try:
        return _result(method, ident, answer)
    except RpcError as error:
        return error
