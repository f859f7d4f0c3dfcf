import itertools
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.node.abci.framing import FrameReader, FramingError, encode_varint


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def read(pieces: list[bytes], limit: int = 1 << 20) -> tuple[list[bytes], FrameReader]:
    reader, frames = FrameReader(limit), []
    for piece in pieces:
        reader.feed(piece, frames)
    return frames, reader


@given(st.lists(st.binary(max_size=400)), st.lists(st.integers(0, 1 << 16), max_size=40))
def test_frames_survive_any_splitting(bodies: list[bytes], places: list[int]) -> None:
    stream = b"".join(encode_varint(len(body)) + body for body in bodies)
    frames, reader = read(cut(stream, places))
    assert frames == bodies
    assert not reader.partial


@given(st.lists(st.binary(max_size=40)), st.binary(min_size=1, max_size=400), st.data())
def test_a_frame_cut_short_is_partial(bodies: list[bytes], last: bytes, data: st.DataObject) -> None:
    tail = encode_varint(len(last)) + last
    kept = data.draw(st.integers(1, len(tail) - 1))
    stream = b"".join(encode_varint(len(body)) + body for body in bodies) + tail[:kept]
    frames, reader = read(cut(stream, data.draw(st.lists(st.integers(0, 1 << 16)))))
    assert frames == bodies
    assert reader.partial


@given(st.lists(st.binary(max_size=64), max_size=20))
def test_arbitrary_bytes_give_frames_or_a_framing_error(pieces: list[bytes]) -> None:
    reader, frames = FrameReader(1000), []
    try:
        for piece in pieces:
            reader.feed(piece, frames)
    except FramingError:
        pass
    assert all(len(frame) <= 1000 for frame in frames)


@given(st.integers(0, (1 << 64) - 1))
def test_varint_is_protobufs(value: int) -> None:
    encoded = encode_varint(value)
    assert sum((byte & 0x7F) << 7 * place for place, byte in enumerate(encoded)) == value
    assert [byte >> 7 for byte in encoded] == [1] * (len(encoded) - 1) + [0]
    assert len(encoded) == max(1, -(-value.bit_length() // 7))


def test_the_bound_is_exact() -> None:
    assert read([encode_varint(1000), bytes(1000)], 1000)[0] == [bytes(1000)]
    with pytest.raises(FramingError, match="1001 bytes is above the bound of 1000"):
        read([encode_varint(1001)], 1000)


def test_frames_in_front_of_an_error_are_kept() -> None:
    reader, frames = FrameReader(10), []
    with pytest.raises(FramingError):
        reader.feed(b"\x01a\x02bc\x7f", frames)
    assert frames == [b"a", b"bc"]


@pytest.mark.parametrize("pieces", [[b"\xff" * 5], [b"\xff"] * 5, [b"\x80\x80\x80\x80\x80\x00"]])
def test_a_length_of_five_bytes_without_end_is_refused(pieces: list[bytes]) -> None:
    with pytest.raises(FramingError, match="not a varint"):
        read(pieces)


def test_a_long_frame_is_not_read_again_from_its_start() -> None:
    body = bytes(2_000_000)
    stream = encode_varint(len(body)) + body
    pieces = [stream[place : place + 4096] for place in range(0, len(stream), 4096)]
    with (
        patch.object(FrameReader, "_long_length", side_effect=FrameReader._long_length) as lengths,
        patch.object(FrameReader, "_cut", autospec=True, side_effect=FrameReader._cut) as cuts,
    ):
        frames, _ = read(pieces, len(body))
    assert frames == [body]
    assert lengths.call_count == 1
    # The only bytes looked at are those from `position` on: nothing, while the body goes on.
    examined = sum(len(call.args[1]) - call.args[2] for call in cuts.call_args_list)
    assert examined == 4096
