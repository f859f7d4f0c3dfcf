"""Messages on pipes."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.node.workers import frames
from assay.node.workers.frames import BadFrame, Message, Splitter

messages = st.builds(
    Message,
    st.integers(0, 2**32 - 1),
    st.integers(0, 255),
    st.lists(st.binary(max_size=40), max_size=5).map(tuple),
)


@given(st.lists(messages, max_size=6), st.data())
def test_messages_arrive_as_they_were_sent_however_the_bytes_are_cut(
    sent: list[Message], data: st.DataObject
) -> None:
    wire = b"".join(map(frames.encode, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=10)))
    splitter, found = Splitter(), []
    for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
        found += splitter.feed(wire[start:end])
    assert found == sent


@given(st.lists(messages, max_size=6))
def test_a_stream_gives_them_one_by_one(sent: list[Message]) -> None:
    stream = io.BytesIO(b"".join(map(frames.encode, sent)))
    assert [frames.read(stream) for _ in sent] == sent
    assert frames.read(stream) is None


@given(messages, st.data())
def test_a_stream_that_ends_within_a_message_has_ended(message: Message, data: st.DataObject) -> None:
    wire = frames.encode(message)
    cut = wire[: data.draw(st.integers(0, len(wire) - 1))]
    assert frames.read(io.BytesIO(cut)) is None
    assert Splitter().feed(cut) == []


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_messages_or_refused(data: bytes) -> None:
    try:
        found = Splitter().feed(data)
    except BadFrame:
        return
    assert data.startswith(b"".join(map(frames.encode, found)))


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
    with pytest.raises(BadFrame):
        Splitter().feed(wire)
    with pytest.raises(BadFrame):
        frames.read(io.BytesIO(wire + bytes(100)))


def test_a_message_beyond_the_bound_is_not_sent() -> None:
    with pytest.raises(BadFrame):
        frames.encode(Message(1, 1, (bytes(frames.MAX_MESSAGE_BYTES),)))
