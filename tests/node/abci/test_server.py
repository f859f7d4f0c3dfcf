import asyncio
import os
import socket
import stat
from pathlib import Path
from typing import Any

import pytest

from assay.node.abci.codec import LANES
from assay.node.abci.connection import ServerLimits
from assay.node.abci.server import AddressError, Server
from assay.proto import abci_pb2 as abci
from assay.state.rules.errors import QueryFailed, WorkerUnavailable

FLUSH = b"\x02\x12\x00"


def check_tx(peer: Any, tx: bytes) -> bytes:
    frame: bytes = peer.frame(check_tx=abci.RequestCheckTx(tx=tx))
    return frame


def every_request() -> dict[str, dict[str, Any]]:
    fields = abci.Request.DESCRIPTOR.fields_by_name
    return {kind: {kind: getattr(abci, fields[kind].message_type.name)()} for kind in LANES}


@pytest.mark.parametrize("address", ["", "tcp://127.0.0.1:0"])
async def test_all_sixteen_methods_are_answered_in_order(serve: Any, address: str) -> None:
    requests = every_request()
    assert len(requests) == 16
    async with serve(address=address) as network:
        peer = await network.connect()
        peer.send(*(peer.frame(**value) for value in requests.values()))
        assert await peer.receive_kinds(16) == list(requests)


async def test_an_empty_answer_is_present(serve: Any) -> None:
    async def empty(requests: list[Any]) -> list[abci.ResponseCheckTx]:
        return [abci.ResponseCheckTx() for _ in requests]

    async with serve() as network:
        network.application.hooks["check_tx_batch"] = empty
        peer = await network.connect()
        peer.send(check_tx(peer, b"x"), FLUSH)
        assert await peer.receive_bytes() == b"\x4a\x00"
        assert await peer.receive_bytes() == b"\x1a\x00"


async def test_requests_reach_the_application_unchanged(serve: Any) -> None:
    block = abci.RequestFinalizeBlock(txs=[b"a", b""], height=7, hash=bytes(32))
    async with serve() as network:
        peer = await network.connect()
        answer = await peer.ask(finalize_block=block)
        assert answer.finalize_block.app_hash == b"hash"
        assert network.application.calls == [("finalize_block", block)]


async def test_no_snapshots_are_offered_or_taken(serve: Any) -> None:
    async with serve() as network:
        peer = await network.connect()
        listed = await peer.ask(list_snapshots=abci.RequestListSnapshots())
        assert not listed.list_snapshots.snapshots
        offered = await peer.ask(offer_snapshot=abci.RequestOfferSnapshot())
        assert offered.offer_snapshot.result == abci.ResponseOfferSnapshot.ABORT
        chunk = await peer.ask(load_snapshot_chunk=abci.RequestLoadSnapshotChunk())
        assert chunk.load_snapshot_chunk.chunk == b""
        applied = await peer.ask(apply_snapshot_chunk=abci.RequestApplySnapshotChunk())
        assert applied.apply_snapshot_chunk.result == abci.ResponseApplySnapshotChunk.ABORT


# ---- what breaks the protocol ----


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"\x00", "unknown request"),
        (b"\x03\xaa\x01\x00", "unknown request"),  # InsertTx, field 21
        (b"\x02\xff\xff", "do not parse"),
        (b"\x05\x42\x04\x0a\x01a", "do not parse"),
        (b"\x04\x42\x00\x12\x00", "begins with something else"),  # CheckTx and Flush in one frame
        (b"\x81\x80\x80\x80\x10", "above the bound"),
        (b"\xff\xff\xff\xff\xff\xff", "not a varint"),
    ],
)
@pytest.mark.parametrize("address", ["", "tcp://127.0.0.1:0"])
async def test_a_bad_frame_gets_an_exception_and_the_end(
    serve: Any, broken: bytes, reason: str, address: str
) -> None:
    async with serve(address=address) as network:
        peer = await network.connect()
        peer.send(FLUSH, check_tx(peer, b"before") * 5, broken, check_tx(peer, b"after") * 10_000)
        answers = await peer.rest()
        assert [answer.WhichOneof("value") for answer in answers] == ["flush"] + ["check_tx"] * 5 + [
            "exception"
        ]
        assert all(answer.check_tx.data == b"before" for answer in answers[1:-1])
        assert reason in answers[-1].exception.error
        assert (await (await network.connect()).ask(echo=abci.RequestEcho(message="still here"))).echo.message
        assert not network.server.failed.done()


async def test_a_truncated_frame_gets_an_exception(serve: Any) -> None:
    async with serve() as network:
        peer = await network.connect()
        peer.send(check_tx(peer, b"whole"), check_tx(peer, b"cut short")[:-1])
        peer.writer.write_eof()
        answers = await peer.rest()
        assert [answer.WhichOneof("value") for answer in answers] == ["check_tx", "exception"]
        assert "ended within a frame" in answers[-1].exception.error


async def test_a_peer_that_stops_sending_still_gets_its_answers(serve: Any) -> None:
    async with serve() as network:
        peer = await network.connect()
        peer.send(*(check_tx(peer, b"%d" % number) for number in range(1000)))
        peer.writer.write_eof()
        answers = await peer.rest()
        assert [answer.check_tx.data for answer in answers] == [b"%d" % number for number in range(1000)]


# ---- what goes wrong in the application ----


async def fail(_request: Any) -> Any:
    raise RuntimeError("secret detail")


async def test_a_failing_query_becomes_a_code(serve: Any) -> None:
    async with serve() as network:
        network.application.hooks["query"] = fail
        peer = await network.connect()
        answer = (await peer.ask(query=abci.RequestQuery(path="/x"))).query
        assert (answer.codespace, answer.code) == (QueryFailed.codespace, QueryFailed.code)
        assert "secret" not in answer.log
        assert (await peer.ask(info=abci.RequestInfo())).info.data == "recording"
        assert not network.server.failed.done()


async def wrong_count(_requests: Any) -> list[abci.ResponseCheckTx]:
    return [abci.ResponseCheckTx()]


async def wrong_type(requests: list[Any]) -> list[Any]:
    return [abci.ResponseCommit()] * len(requests)


@pytest.mark.parametrize("hook", [fail, wrong_count, wrong_type])
async def test_a_failing_check_becomes_a_code_for_each_transaction(serve: Any, hook: Any) -> None:
    async with serve() as network:
        network.application.hooks["check_tx_batch"] = hook
        peer = await network.connect()
        peer.send(check_tx(peer, b"1"), check_tx(peer, b"2"), FLUSH)
        for _ in range(2):
            answer = (await peer.receive()).check_tx
            assert (answer.codespace, answer.code) == (WorkerUnavailable.codespace, WorkerUnavailable.code)
            assert "secret" not in answer.log
        assert (await peer.receive()).HasField("flush")
        assert not network.server.failed.done()


async def returns_another(_request: Any) -> abci.ResponseCommit:
    return abci.ResponseCommit()


@pytest.mark.parametrize(
    ("kind", "hook"), [("finalize_block", fail), ("info", fail), ("finalize_block", returns_another)]
)
async def test_a_failing_consensus_call_stops_the_node(serve: Any, kind: str, hook: Any) -> None:
    async with serve() as network:
        network.application.hooks[kind] = hook
        peer = await network.connect()
        peer.send(FLUSH, peer.frame(**every_request()[kind]), FLUSH)
        kinds = [answer.WhichOneof("value") for answer in await peer.rest()]
        assert kinds == ["flush", "exception"]
        assert kind in await network.server.failed


# ---- limits ----


async def test_batches_hold_what_has_arrived_within_the_limits(serve: Any) -> None:
    limits = ServerLimits(batch_requests=100, batch_bytes=10_000)
    async with serve(limits=limits) as network:
        peer = await network.connect()
        peer.send(*(check_tx(peer, bytes(8)) for _ in range(1000)))
        peer.send(
            check_tx(peer, bytes(50_000)), check_tx(peer, bytes(6000)), check_tx(peer, bytes(6000)), FLUSH
        )
        assert await peer.receive_kinds(1004) == ["check_tx"] * 1003 + ["flush"]
        batches = [request for name, request in network.application.calls if name == "check_tx_batch"]
        assert sum(map(len, batches)) == 1003
        assert max(map(len, batches)) == 100
        assert all(len(batch) == 1 or sum(len(r.tx) for r in batch) <= 10_000 for batch in batches)
        assert [len(batch) for batch in batches[-3:]] == [1, 1, 1]


async def fill(peer: Any, frame: bytes) -> int:
    """Send until the server takes no more; return how many bytes it took."""
    sock = peer.writer.get_extra_info("socket")._sock
    sent, idle = 0, 0
    while idle < 20:
        try:
            sent += sock.send(frame)
            idle = 0
        except BlockingIOError:
            idle += 1
            await asyncio.sleep(0.005)
    return sent


async def test_reading_stops_when_requests_pile_up(serve: Any) -> None:
    gate = asyncio.Event()

    async def wait(requests: list[Any]) -> list[abci.ResponseCheckTx]:
        await gate.wait()
        return [abci.ResponseCheckTx()] * len(requests)

    limits = ServerLimits(backlog_requests=10_000, backlog_bytes=1 << 20)
    async with serve(limits=limits) as network:
        network.application.hooks["check_tx_batch"] = wait
        peer = await network.connect()
        frame = check_tx(peer, bytes(1000))
        sent = await fill(peer, frame)
        # Backlog, list under way, one read and the kernel's buffers; without a bound this would not end.
        assert sent < 16 << 20
        gate.set()
        assert set(await peer.receive_kinds(sent // len(frame))) == {"check_tx"}


async def test_a_peer_that_does_not_read_is_not_answered_without_end(serve: Any) -> None:
    async with serve() as network:
        peer = await network.connect()
        peer.writer.transport.pause_reading()
        sent = await fill(peer, peer.frame(echo=abci.RequestEcho(message="x" * 10_000)))
        assert sent < 64 << 20
        other = await network.connect()
        assert (await other.ask(echo=abci.RequestEcho(message="other"))).echo.message == "other"


# ---- starting and stopping ----


async def test_stop_lets_a_consensus_call_end_and_cancels_a_query(serve: Any) -> None:
    begun, finish, ended = asyncio.Event(), asyncio.Event(), []

    async def commit(_request: Any) -> abci.ResponseCommit:
        begun.set()
        await finish.wait()
        ended.append("commit")
        return abci.ResponseCommit()

    async def query(_request: Any) -> abci.ResponseQuery:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("query cancelled")
        return abci.ResponseQuery()

    async with serve() as network:
        network.application.hooks.update(commit=commit, query=query)
        one, other = await network.connect(), await network.connect()
        other.send(other.frame(query=abci.RequestQuery()))
        one.send(one.frame(commit=abci.RequestCommit()), one.frame(commit=abci.RequestCommit()))
        await begun.wait()
        while len(network.application.calls) < 2:
            await asyncio.sleep(0)
        stopping = asyncio.create_task(network.server.stop())
        while "query cancelled" not in ended:
            await asyncio.sleep(0)
        assert not stopping.done()
        finish.set()
        await stopping
        assert ended == ["query cancelled", "commit"]  # the second commit was not begun
        assert [name for name, _ in network.application.calls].count("commit") == 1


async def test_a_lost_connection_does_not_cut_a_commit_short(serve: Any) -> None:
    begun, finish, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def commit(_request: Any) -> abci.ResponseCommit:
        begun.set()
        await finish.wait()
        await asyncio.sleep(0)
        ended.set()
        return abci.ResponseCommit()

    async with serve() as network:
        network.application.hooks["commit"] = commit
        peer = await network.connect()
        peer.send(peer.frame(commit=abci.RequestCommit()))
        await begun.wait()
        peer.writer.transport.abort()
        await asyncio.sleep(0.05)
        finish.set()
        await ended.wait()
        assert (await (await network.connect()).ask(info=abci.RequestInfo())).HasField("info")


async def test_the_socket_is_private_and_goes_with_the_server(application_type: Any, tmp_path: Path) -> None:
    path = tmp_path / "abci.sock"
    server = Server(application_type())
    await server.start(f"unix://{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    second = Server(application_type())
    with pytest.raises(AddressError, match="another process listens"):
        await second.start(f"unix://{path}")
    await server.stop()
    assert not path.exists()


async def test_a_socket_left_by_a_killed_node_is_taken_over(application_type: Any, tmp_path: Path) -> None:
    path = tmp_path / "abci.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    server = Server(application_type())
    await server.start(f"unix://{path}")
    await server.stop()


@pytest.mark.parametrize(
    "address",
    ["", "abci.sock", "unix://", "http://127.0.0.1:1", "tcp://127.0.0.1", "tcp://127.0.0.1:x", "tcp://:1"],
)
async def test_a_malformed_address_is_explained(application_type: Any, address: str) -> None:
    with pytest.raises(AddressError, match="unix:///path/to/socket or tcp://host:port"):
        await Server(application_type()).start(address)


async def test_what_cannot_be_listened_at_is_explained(application_type: Any, tmp_path: Path) -> None:
    with pytest.raises(AddressError, match="choose a home with a shorter path"):
        await Server(application_type()).start(f"unix://{tmp_path}/{'x' * 100}")
    with pytest.raises(AddressError, match=os.strerror(2)):
        await Server(application_type()).start(f"unix://{tmp_path}/none/s")
    taken = Server(application_type())
    await taken.start("tcp://127.0.0.1:0")
    with pytest.raises(AddressError, match="cannot listen"):
        await Server(application_type()).start(taken.address)
    await taken.stop()
