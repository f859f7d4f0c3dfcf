"""What a node sends back is judged before it is used."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from assay.client.client import Client
from assay.client.errors import BadResponse


@asynccontextmanager
async def node(answers: dict[str, Any]) -> AsyncIterator[str]:
    """Serve fixed results: by method, or those of ``*``."""

    async def answer(request: web.Request) -> web.Response:
        call = json.loads(await request.text())
        result = answers.get(call["method"], answers["*"])
        return web.json_response({"jsonrpc": "2.0", "id": call["id"], "result": result})

    application = web.Application()
    application.router.add_post("/", answer)
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
