"""Long work beside the event loop, and how far it is."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest
from aiohttp import web

from assay.client import progress
from assay.client.rpc import Rpc
from assay.client.train import manifest, sgd
from assay.client.train.table import DataSet

PATIENCE = 10.0


async def test_the_event_loop_goes_on_beside_the_work() -> None:
    called = threading.Event()
    asyncio.get_running_loop().call_later(0.01, called.set)
    assert await progress.aside(called.wait, PATIENCE)  # on the loop itself, nobody would set it


async def test_work_whose_caller_was_cancelled_ends_at_its_next_report() -> None:
    begun, cancelled, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        cancelled.wait(PATIENCE)
        try:
            progress.advance(1, 2)
        except progress.Stopped:
            ended.set()

    task = asyncio.create_task(progress.aside(work))
    await asyncio.to_thread(begun.wait, PATIENCE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    cancelled.set()
    assert await asyncio.to_thread(ended.wait, PATIENCE)


async def test_progress_is_told_to_whoever_asked_for_it_and_to_nobody_else() -> None:
    seen: list[tuple[int, int]] = []
    with progress.shown(lambda *part: seen.append(part)):
        await progress.aside(progress.advance, 1, 3)
        progress.advance(2, 3)
    progress.advance(3, 3)
    assert seen == [(1, 3), (2, 3)]


async def test_a_large_request_is_told_by_its_bytes_and_sent_with_its_length() -> None:
    heads: list[str | None] = []
    bodies: list[bytes] = []

    async def answer(request: web.Request) -> web.Response:
        heads.append(request.headers.get("Content-Length"))
        bodies.append(await request.read())
        return web.json_response({"jsonrpc": "2.0", "id": len(bodies), "result": {}})

    application = web.Application(client_max_size=1 << 24)
    application.router.add_post("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    rpc = Rpc(f"http://127.0.0.1:{runner.addresses[0][1]}")
    seen: list[tuple[int, int]] = []
    try:
        with progress.shown(lambda *part: seen.append(part)):
            await rpc.call("status")
            assert seen == []
            await rpc.call("broadcast_tx_sync", tx="A" * 3_000_000)
    finally:
        await rpc.close()
        await runner.cleanup()
    size = len(bodies[1])
    assert size > 3_000_000
    assert heads == [str(len(body)) for body in bodies]
    assert (seen[0], seen[-1]) == ((0, size), (size, size))
    assert len(seen) > 50
    assert seen == sorted(seen)


def test_training_tells_of_every_output() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1, (30, 2))
    model = manifest.make_model("m", manifest.KINDS["svm"], ["a", "b"], x, "t", ["0", "1", "2"])
    seen: list[tuple[int, int]] = []
    with progress.shown(lambda *part: seen.append(part)):
        sgd.train(model, DataSet(x, np.arange(30.0) % 3, ()))
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
