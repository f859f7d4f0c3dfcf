"""Consensus never waits behind CheckTx or queries."""

import asyncio
import socket
from typing import Any

import pytest

from assay.node.abci.connection import ServerLimits
from assay.node.abci.turns import Turns, alone
from assay.proto import abci_pb2 as abci


def path_of(network: Any) -> str:
    path: str = network.server.address.removeprefix("unix://")
    return path


def names(network: Any) -> list[str]:
    return [name for name, _ in network.application.calls]


async def test_a_block_waits_for_one_batch_at_most(serve: Any) -> None:
    async with serve(limits=ServerLimits(batch_requests=10)) as network:
        mempool, consensus = await network.connect(), await network.connect()
        await consensus.ask(echo=abci.RequestEcho())
        raw = consensus.writer.get_extra_info("socket")._sock

        async def check(requests: list[Any]) -> list[abci.ResponseCheckTx]:
            if names(network).count("check_tx_batch") in (3, 50):
                raw.send(consensus.frame(finalize_block=abci.RequestFinalizeBlock()))
            return [abci.ResponseCheckTx()] * len(requests)

        network.application.hooks["check_tx_batch"] = check
        mempool.send(mempool.frame(check_tx=abci.RequestCheckTx(tx=b"x")) * 1000)
        await mempool.receive_kinds(1000)
        called = names(network)
        # Each block arrived while a batch ran: it is the very next thing that is done.
        assert called.index("finalize_block") == 3
        assert called.index("finalize_block", 4) == 51


async def test_a_block_waits_for_one_query_at_most(serve: Any) -> None:
    async with serve() as network:
        rpc, consensus = await network.connect(), await network.connect()
        await consensus.ask(echo=abci.RequestEcho())
        raw = consensus.writer.get_extra_info("socket")._sock

        async def query(_request: Any) -> abci.ResponseQuery:
            if names(network).count("query") == 5:
                raw.send(consensus.frame(commit=abci.RequestCommit()))
            return abci.ResponseQuery()

        network.application.hooks["query"] = query
        rpc.send(rpc.frame(query=abci.RequestQuery()) * 20)
        await rpc.receive_kinds(20)
        assert names(network).index("commit") == 5


async def test_others_go_on_while_a_block_waits_for_a_worker(serve: Any) -> None:
    checked, queried = asyncio.Event(), asyncio.Event()
    order = []

    async def finalize(_request: Any) -> abci.ResponseFinalizeBlock:
        await checked.wait()
        await queried.wait()
        order.append("finalize")
        return abci.ResponseFinalizeBlock()

    async def check(requests: list[Any]) -> list[abci.ResponseCheckTx]:
        checked.set()
        order.append("check")
        return [abci.ResponseCheckTx()] * len(requests)

    async def query(_request: Any) -> abci.ResponseQuery:
        queried.set()
        order.append("query")
        return abci.ResponseQuery()

    async with serve() as network:
        network.application.hooks.update(finalize_block=finalize, check_tx_batch=check, query=query)
        consensus, mempool, rpc = [await network.connect() for _ in range(3)]
        consensus.send(consensus.frame(finalize_block=abci.RequestFinalizeBlock()))
        while "finalize_block" not in names(network):
            await asyncio.sleep(0)
        mempool.send(mempool.frame(check_tx=abci.RequestCheckTx()))
        rpc.send(rpc.frame(query=abci.RequestQuery()))
        assert (await consensus.receive()).HasField("finalize_block")
        assert sorted(order[:2]) == ["check", "query"]
        assert order[2] == "finalize"


async def test_nothing_starts_while_a_block_is_executed_alone(serve: Any) -> None:
    executed = asyncio.Event()

    async def finalize(_request: Any) -> abci.ResponseFinalizeBlock:
        with alone():
            await executed.wait()
        return abci.ResponseFinalizeBlock()

    async with serve() as network:
        network.application.hooks["finalize_block"] = finalize
        consensus, mempool, rpc = [await network.connect() for _ in range(3)]
        consensus.send(consensus.frame(finalize_block=abci.RequestFinalizeBlock()))
        while "finalize_block" not in names(network):
            await asyncio.sleep(0)
        mempool.send(mempool.frame(check_tx=abci.RequestCheckTx()) * 2000)
        rpc.send(rpc.frame(query=abci.RequestQuery()))
        await mempool.writer.drain()  # what is sent is read, though not answered
        await asyncio.sleep(0.05)
        assert names(network) == ["finalize_block"]
        executed.set()
        assert (await consensus.receive()).HasField("finalize_block")
        assert await mempool.receive_kinds(2000) == ["check_tx"] * 2000
        assert await rpc.receive_kinds(1) == ["query"]


async def test_calls_of_a_lane_never_overlap(serve: Any) -> None:
    running: dict[str, int] = {"check_tx_batch": 0, "query": 0, "finalize_block": 0}
    most = dict(running)

    def counted(name: str, answer: Any) -> Any:
        async def call(request: Any) -> Any:
            running[name] += 1
            most[name] = max(most[name], running[name])
            for _ in range(5):
                await asyncio.sleep(0)
            running[name] -= 1
            return answer(request)

        return call

    async with serve(limits=ServerLimits(batch_requests=3)) as network:
        network.application.hooks.update(
            check_tx_batch=counted("check_tx_batch", lambda r: [abci.ResponseCheckTx()] * len(r)),
            query=counted("query", lambda _: abci.ResponseQuery()),
            finalize_block=counted("finalize_block", lambda _: abci.ResponseFinalizeBlock()),
        )
        peers = [await network.connect() for _ in range(4)]
        for (
            peer
        ) in peers:  # every connection asks everything: a mixture CometBFT never sends, and no deadlock
            peer.send(
                peer.frame(check_tx=abci.RequestCheckTx()),
                peer.frame(finalize_block=abci.RequestFinalizeBlock()),
                peer.frame(query=abci.RequestQuery()),
                *[peer.frame(check_tx=abci.RequestCheckTx())] * 7,
                peer.frame(finalize_block=abci.RequestFinalizeBlock()),
            )
        expected = ["check_tx", "finalize_block", "query"] + ["check_tx"] * 7 + ["finalize_block"]
        for peer in peers:
            assert await peer.receive_kinds(11) == expected
    assert most == {"check_tx_batch": 1, "query": 1, "finalize_block": 1}


async def test_a_vanished_consensus_connection_leaves_no_claim(serve: Any) -> None:
    async with serve() as network:
        for _ in range(20):
            with socket.socket(socket.AF_UNIX) as raw:
                raw.connect(path_of(network))
                raw.send(b"\x04\xa2\x01\x01\x00" + b"\x02\x5a\x00" * 3 + b"\x09\x82")
        mempool = await network.connect()
        assert (await mempool.ask(check_tx=abci.RequestCheckTx(tx=b"x"))).check_tx.data == b"x"


async def test_first_hands_exceptions_and_cancellation_to_the_work() -> None:
    turns, seen = Turns(), []

    async def work() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        return "never"

    async def run() -> str:
        return await turns.first("owner", work())

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["cancelled"]

    async def broken() -> str:
        await asyncio.sleep(0)
        raise ValueError("as it was raised")

    with pytest.raises(ValueError, match="as it was raised"):
        await turns.first("owner", broken())


async def test_claims_are_per_owner_and_idempotent() -> None:
    turns = Turns()
    turns.claim("a")
    turns.claim("a")
    turns.claim("b")
    waiting = asyncio.create_task(turns.turn())
    turns.release("a")
    await asyncio.sleep(0.01)
    assert not waiting.done()
    turns.release("b")
    turns.release("never claimed")
    await waiting
