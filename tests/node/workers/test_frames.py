"""Messages on pipes."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.node.workers import frames
from assay.node.workers.frames import BadFrame, Inbox, Message

messages = st.builds(
    Message,
    st.integers(0, 2**32 - 1),
    st.integers(0, 255),
    st.lists(st.binary(max_size=40), max_size=5).map(tuple),
)


def encoded(message: Message) -> bytes:
    return b"".join(frames.encode(message))


@contextmanager
def pipe() -> Iterator[tuple[Inbox, int]]:
    """An inbox, and the writing end of its pipe."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    try:
        yield Inbox(reading), writing
    finally:
        os.close(reading)
        os.close(writing)


def read_all(inbox: Inbox) -> list[Message]:
    found = []
    while (message := inbox.read()) is not None:
        found.append(message)
    return found


@given(st.lists(messages, max_size=6), st.data())
def test_messages_arrive_as_they_were_sent_however_the_bytes_are_cut(
    sent: list[Message], data: st.DataObject
) -> None:
    wire = b"".join(map(encoded, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=10)))
    found = []
    with pipe() as (inbox, writing):
        for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
            os.write(writing, wire[start:end])
            found += read_all(inbox)
    assert found == sent


def test_long_parts_are_not_copied_on_their_way_out() -> None:
    long, short = bytes(1 << 18), b"short"
    pieces = frames.encode(Message(1, 2, (short, long, short)))
    assert any(piece is long for piece in pieces)
    assert frames.read(io.BytesIO(b"".join(pieces))) == Message(1, 2, (short, long, short))


def test_a_closed_pipe_is_told_apart_from_an_empty_one() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    inbox = Inbox(reading)
    assert inbox.read() is None
    os.close(writing)
    with pytest.raises(EOFError):
        inbox.read()
    os.close(reading)


@given(st.lists(messages, max_size=6))
def test_a_stream_gives_them_one_by_one(sent: list[Message]) -> None:
    stream = io.BytesIO(b"".join(map(encoded, sent)))
    assert [frames.read(stream) for _ in sent] == sent
    assert frames.read(stream) is None


@given(messages, st.data())
def test_a_stream_that_ends_within_a_message_has_ended(message: Message, data: st.DataObject) -> None:
    wire = encoded(message)
    cut = wire[: data.draw(st.integers(0, len(wire) - 1))]
    assert frames.read(io.BytesIO(cut)) is None
    with pipe() as (inbox, writing):
        os.write(writing, cut)
        assert inbox.read() is None


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_messages_or_refused(data: bytes) -> None:
    with pipe() as (inbox, writing):
        os.write(writing, data)
        try:
            found = read_all(inbox)
        except BadFrame:
            return
    assert data.startswith(b"".join(map(encoded, found)))


@pytest.mark.parametrize(
    "wire",
    [
        (4).to_bytes(4, "little") + bytes(5),  # shorter than its own head
        (1 << 31).to_bytes(4, "little") + bytes(5),  # longer than any message
        (7).to_bytes(4, "little") + bytes(7),  # ends within a part's length
        (9).to_bytes(4, "little") + bytes(5) + (1).to_bytes(4, "little"),  # ends within a part
    ],
)
def test_lengths_that_contradict_one_another_are_refused(wire: bytes) -> None:
    with pipe() as (inbox, writing):
        os.write(writing, wire + bytes(100))
        with pytest.raises(BadFrame):
            inbox.read()
    with pytest.raises(BadFrame):
        frames.read(io.BytesIO(wire + bytes(100)))


def test_a_message_beyond_the_bound_is_not_sent() -> None:
    with pytest.raises(BadFrame):
        frames.encode(Message(1, 1, (bytes(frames.MAX_MESSAGE_BYTES),)))
