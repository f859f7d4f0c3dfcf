"""Arbitrary bytes and arbitrary splits: never a crash, and one answer for each valid request, in order."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assay.node.abci.codec import LANES
from assay.node.abci.connection import ServerLimits
from assay.node.abci.framing import encode_varint
from assay.proto import abci_pb2 as abci

FIELDS = abci.Request.DESCRIPTOR.fields_by_name


def framed(request: abci.Request) -> bytes:
    body = request.SerializeToString()
    return encode_varint(len(body)) + body


def request_of(kind: str, body: bytes) -> abci.Request:
    """A request of a kind, with some bytes in it where the kind has room for them."""
    request = abci.Request()
    message = getattr(request, kind)
    message.SetInParent()
    for field in message.DESCRIPTOR.fields:
        if field.type == field.TYPE_BYTES and not field.is_repeated:
            setattr(message, field.name, body)
    return request


kinds = st.sampled_from(sorted(LANES)) | st.just("check_tx") | st.just("flush")
valid = st.lists(st.tuples(kinds, st.binary(max_size=300)), max_size=30)
splits = st.lists(st.integers(1, 2000), max_size=12)


async def converse(serve: Any, stream: bytes, sizes: list[int]) -> list[abci.Response]:
    """Send a stream in pieces of the given sizes, end it, and return every answer."""
    async with serve(limits=ServerLimits(frame_bytes=4096, batch_requests=4, backlog_requests=6)) as network:
        peer = await network.connect()
        position = 0
        for size in sizes:
            peer.send(stream[position : position + size])
            position += size
            await asyncio.sleep(0)
        peer.send(stream[position:])
        peer.writer.write_eof()
        answers: list[abci.Response] = await peer.rest()
        other = await network.connect()
        assert (await other.ask(echo=abci.RequestEcho(message="alive"))).echo.message == "alive"
        assert not network.server.failed.done()
        return answers


@settings(max_examples=60)
@given(valid, splits)
def test_every_valid_request_has_one_answer_in_order(
    serve: Any, asked: list[tuple[str, bytes]], sizes: list[int]
) -> None:
    requests = [request_of(kind, body) for kind, body in asked]
    answers = asyncio.run(converse(serve, b"".join(map(framed, requests)), sizes))
    assert [answer.WhichOneof("value") for answer in answers] == [kind for kind, _ in asked]
    for request, answer in zip(requests, answers, strict=True):
        if answer.HasField("check_tx"):
            assert answer.check_tx.data == request.check_tx.tx


@settings(max_examples=100)
@given(valid, st.binary(min_size=1, max_size=200), splits)
def test_arbitrary_bytes_behind_valid_requests_never_crash(
    serve: Any, asked: list[tuple[str, bytes]], noise: bytes, sizes: list[int]
) -> None:
    requests = [request_of(kind, body) for kind, body in asked]
    answers = asyncio.run(converse(serve, b"".join(map(framed, requests)) + noise, sizes))
    got = [answer.WhichOneof("value") for answer in answers]
    assert got[: len(asked)] == [kind for kind, _ in asked]
    assert "exception" not in got[:-1]


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=60), max_size=10), splits)
def test_frames_of_arbitrary_bytes_never_crash(serve: Any, bodies: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(encode_varint(len(body)) + body for body in bodies)
    answers = asyncio.run(converse(serve, stream, sizes))
    assert len(answers) <= len(bodies)
    assert "exception" not in [answer.WhichOneof("value") for answer in answers[:-1]]
