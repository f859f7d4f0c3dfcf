"""A node that lies: a proxy before a real node's RPC, which changes its answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

Lie = Callable[[str, dict[str, Any], dict[str, Any]], None]
"""Changes a result in place, given the method and its parameters."""

ABSENT = {"block_id_flag": 1, "validator_address": "", "timestamp": "0001-01-01T00:00:00Z", "signature": None}
"""A vote that was not received, in a commit."""


class Liar:
    """The proxy.

    Attributes
    ----------
    url
        Where it answers.
    lie
        What it does to answers; None passes them on as they are.
    """

    def __init__(self, node: str) -> None:
        self.url = ""
        self.lie: Lie | None = None
        self._node = node

    async def _handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        async with (
            aiohttp.ClientSession() as session,
            session.post(self._node, data=body, headers={"Content-Type": "application/json"}) as response,
        ):
            answer = json.loads(await response.read())
        calls = json.loads(body)
        pairs = zip(calls, answer, strict=True) if isinstance(calls, list) else [(calls, answer)]
        for call, one in pairs:
            if self.lie is not None and "result" in one:
                self.lie(call["method"], call["params"], one["result"])
        return web.json_response(answer)


@asynccontextmanager
async def lying(node: str) -> AsyncIterator[Liar]:
    """Run a proxy before a node; there is no websocket, so clients ask instead of listening."""
    liar = Liar(node)
    app = web.Application(client_max_size=4 << 20)
    app.router.add_post("/", liar._handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    liar.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield liar
    finally:
        await runner.cleanup()
