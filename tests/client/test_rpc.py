"""What a node sends back is judged before it is used."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from assay.client.client import Client
from assay.client.errors import BadNodeAddress, BadResponse, RpcError, SubscriptionLost
from assay.client.rpc import Rpc, base_url

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def node(answers: dict[str, Any]) -> AbstractAsyncContextManager[str]:
    """Serve fixed results: by method, or those of ``*``."""

    async def answer(request: web.Request) -> web.Response:
        call = json.loads(await request.text())
        result = answers.get(call["method"], answers["*"])
        return web.json_response({"jsonrpc": "2.0", "id": call["id"], "result": result})

    return served(answer)


def says(body: str, status: int = 200, **headers: str) -> AbstractAsyncContextManager[str]:
    """Serve one text, whatever is asked."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=body, status=status, headers=headers)

    return served(answer)


@asynccontextmanager
async def served(answer: Handler, socket: Handler | None = None) -> AsyncIterator[str]:
    """Serve a handler, and one for the websocket."""
    application = web.Application()
    application.router.add_post("/", answer)
    application.router.add_get("/websocket", socket or answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


NONSENSE = [
    None,
    {},
    [],
    "text",
    {"response": None},
    {"response": {"height": "x"}},
    {"response": {"value": "!"}},
    {"response": {"code": "many"}},
    {"response": {"height": "5", "proofOps": {"ops": [7]}}},
]


@pytest.mark.parametrize("result", NONSENSE)
def test_an_answer_of_another_form_is_a_bad_response(result: Any) -> None:
    async def ask() -> None:
        async with node({"*": result}) as url, Client(url) as client:
            for question in (client.chain_id, client.query.params):
                with pytest.raises(BadResponse):
                    await question()

    asyncio.run(ask())


@pytest.mark.parametrize("header", [None, {}, {"height": "6"}, {"height": "6", "app_hash": "zz"}])
def test_a_header_of_another_form_is_a_bad_response(header: Any) -> None:
    async def ask() -> None:
        record = {"response": {"height": "5", "proofOps": {"ops": [{"data": "AAAA"}]}}}
        async with node({"*": record, "header": {"header": header}}) as url, Client(url) as client:
            with pytest.raises(BadResponse):
                await client.query.params()

    asyncio.run(ask())


@pytest.mark.parametrize(
    "body",
    [
        "[" * 200_000,
        '{"id": 1, "error": "no"}',
        '{"id": 1, "error": {"code": "many"}}',
        '{"id": 1, "error": {"code": 1e999}}',
        '{"id": 1, "result": {"response": {"last_block_height": 1e999}}}',
    ],
    ids=["deep", "an error in words", "a code in words", "an endless code", "an endless height"],
)
async def test_json_that_no_node_writes_is_a_bad_response(body: str) -> None:
    async with says(body) as url, Client(url) as client:
        with pytest.raises(BadResponse):
            await client.blocks.height()


async def test_answers_to_a_batch_are_found_by_ids_that_are_ids() -> None:
    async with says('[{"id": []}, {"id": {}}, {"id": 1, "error": {"code": 7, "data": "no"}}]') as url:
        rpc = Rpc(url)
        with pytest.raises(BadResponse):
            await rpc.batch([("tx", {}), ("tx", {})])
        await rpc.close()


async def test_a_node_sends_nobody_elsewhere() -> None:
    async with node({"*": 1}) as other, says("", 307, Location=other) as url:
        rpc = Rpc(url)
        with pytest.raises(BadResponse, match="HTTP 307"):
            await rpc.call("status")
        await rpc.close()


@pytest.mark.parametrize(
    "address", ["http://" + "x" * 300, "http://[::1", "http://h:99999", "http://a b", "http://:1", "h:x"]
)
def test_addresses_that_cannot_be_are_refused_at_once(address: str) -> None:
    with pytest.raises(BadNodeAddress, match="not a node's address"):
        base_url(address)


@pytest.mark.parametrize("address", ["[::1]:26657", "localhost:26657", "node.example", "10.0.0.1:1/rpc/"])
def test_addresses_may_be_short(address: str) -> None:
    assert base_url(address) == "http://" + address.rstrip("/")


@pytest.mark.parametrize(
    "message",
    [
        "[" * 200_000,
        '{"id": 1, "error": "no"}',
        '{"id": 1, "error": {"code": "x"}}',
        "{",
        '{"id": 1, "result": 7}',
    ],
)
async def test_a_websocket_that_talks_nonsense_is_lost(message: str) -> None:
    async def talk(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        await socket.send_str('{"id": 1, "result": {}}')
        await socket.send_str(message)
        await socket.receive()
        return socket

    async with served(talk, talk) as url, Client(url) as client:
        async with asyncio.timeout(20):
            with pytest.raises((SubscriptionLost, BadResponse)):
                async with client.subscriptions.open("tm.event='NewBlock'") as stream:
                    await anext(stream)


async def test_a_refused_subscription_has_its_code() -> None:
    async def refuse(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        await socket.send_str('{"id": 1, "error": {"code": -3, "message": "m", "data": "too many"}}')
        await socket.receive()
        return socket

    async with served(refuse, refuse) as url, Client(url) as client:
        with pytest.raises(RpcError, match=r"subscribe: too many \(JSON-RPC -3\)"):
            async with client.subscriptions.open("tm.event='NewBlock'"):
                pass
