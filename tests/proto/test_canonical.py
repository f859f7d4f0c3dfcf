"""Canonical parsing: one encoding for each message."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import given
from hypothesis import strategies as st

from assay.proto import ics23_pb2, model_pb2, query_pb2, state_pb2, tx_pb2
from assay.proto.canonical import NotCanonical, parse, serialize
from assay.proto.tx_pb2 import Message, MsgTransfer, Tx, TxBody

BODY = TxBody(
    messages=[Message(transfer=MsgTransfer(recipient=bytes(range(20)), amount=5))],
    sequence=3,
    gas_limit=400,
    fee=4,
    memo="hello",
)
RAW = BODY.SerializeToString()


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def field(number: int, wire_type: int, content: bytes) -> bytes:
    return varint(number << 3 | wire_type) + content


def block(number: int, content: bytes) -> bytes:
    return field(number, 2, varint(len(content)) + content)


def test_a_canonical_message_comes_back_as_it_was() -> None:
    parsed = parse(TxBody, RAW, len(RAW))
    assert parsed == BODY
    assert serialize(parsed) == RAW


def test_bytes_beyond_the_bound_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(NotCanonical, match="at most"):
        parse(TxBody, RAW, len(RAW) - 1)


TRANSFER = block(1, bytes(20)) + field(2, 0, b"\x05")

REFUSED = {
    "an unknown field at the end": RAW + field(31, 0, b"\x01"),
    "an unknown field of bytes": RAW + block(15, b"x"),
    "an unknown fixed32": RAW + field(15, 5, bytes(4)),
    "an unknown group": RAW + field(15, 3, b"") + field(15, 4, b""),
    "an unknown field inside a message": block(1, block(1, TRANSFER + field(9, 0, b"\x01"))),
    "an unknown field deep inside, as a second kind": block(1, block(1, TRANSFER) + block(99, b"")),
    "fields out of order": field(3, 0, b"\x01") + field(2, 0, b"\x01"),
    "a number in too many bytes": field(2, 0, b"\x81\x00"),
    "a tag in too many bytes": b"\x90\x00\x01",
    "a length in too many bytes": varint(6 << 3 | 2) + b"\x82\x00" + b"ab",
    "a default written out": field(2, 0, b"\x00"),
    "an empty string written out": block(6, b""),
    "a field twice": field(2, 0, b"\x01") + field(2, 0, b"\x01"),
    "two kinds in one message": block(1, block(1, TRANSFER) + block(6, b"\x08\x01")),
    "one kind in two parts": block(1, block(1, block(1, bytes(20))) + block(1, field(2, 0, b"\x05"))),
    "text that is not UTF-8": block(6, b"\xff"),
    "a length beyond the end": b"\x32\x05ab",
    "a truncated number": b"\x10\x80",
    "field number zero": b"\x00\x01",
    "the wrong wire type": field(2, 5, bytes(4)),
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_another_encoding_is_refused(raw: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse(TxBody, raw, 1000)


def test_packed_and_unpacked_numbers_are_not_both_canonical() -> None:
    packed = model_pb2.Tensor(name="coef", shape=[1, 30]).SerializeToString()
    assert parse(model_pb2.Tensor, packed, 100).shape == [1, 30]
    unpacked = block(1, b"coef") + field(2, 0, b"\x01") + field(2, 0, b"\x1e")
    with pytest.raises(NotCanonical):
        parse(model_pb2.Tensor, unpacked, 100)


def test_a_truth_value_other_than_one_is_refused() -> None:
    assert parse(state_pb2.Params, field(1, 0, b"\x01"), 100).development
    with pytest.raises(NotCanonical):
        parse(state_pb2.Params, field(1, 0, b"\x02"), 100)


def test_a_32_bit_number_with_more_bits_is_refused() -> None:
    with pytest.raises(NotCanonical):
        parse(tx_pb2.CommitteeBody, field(1, 0, varint((1 << 32) + 1)), 100)


def test_the_message_does_not_depend_on_the_library_s_text() -> None:
    with pytest.raises(NotCanonical) as caught:
        parse(Tx, b"\x0a\xff", 100)
    assert str(caught.value) == "the bytes do not parse as Tx"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("implementation", ["upb", "python"])
def test_text_that_is_not_utf_8_is_refused_by_every_implementation_of_protobuf(implementation: str) -> None:
    """The one in plain Python raises an exception of another class, which would end a node."""
    program = r"""
from google.protobuf.internal import api_implementation
from assay.proto.canonical import NotCanonical, parse
from assay.proto.tx_pb2 import TxBody
for text in (b"\xff\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"):
    try:
        parse(TxBody, b"\x32" + bytes([len(text)]) + text, 100)
    except NotCanonical:
        print(api_implementation.Type())
"""
    environment = {**os.environ, "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": implementation}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [implementation] * 4


def test_what_entries_begin_with_tells_their_kinds_apart() -> None:
    extensions = tx_pb2.CommitExtensions(height=1)
    first = (Tx(body=b"x"), tx_pb2.CommitteeTx(body=b"x"), extensions)
    assert [message.SerializeToString()[0] for message in first] == [0x0A, 0x22, 0x30]


def _all_messages() -> list[Descriptor]:
    found: list[Descriptor] = []
    stack: list[Descriptor] = []
    for module in (ics23_pb2, model_pb2, query_pb2, state_pb2, tx_pb2):
        stack.extend(module.DESCRIPTOR.message_types_by_name.values())
    while stack:
        descriptor = stack.pop()
        found.append(descriptor)
        stack.extend(descriptor.nested_types)
    return found


def test_no_message_has_a_map_whose_order_would_be_chance() -> None:
    messages = _all_messages()
    assert len(messages) > 40
    assert not [message.full_name for message in messages if message.GetOptions().map_entry]


def test_no_message_holds_a_floating_point_number() -> None:
    floats = (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE)
    found = [item.full_name for message in _all_messages() for item in message.fields if item.type in floats]
    assert not found


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_or_are_the_encoding(raw: bytes) -> None:
    for message_type in (Tx, TxBody, tx_pb2.CommitteeBody, tx_pb2.VoteExtension, model_pb2.Model):
        try:
            parsed = parse(message_type, raw, 200)
        except NotCanonical:
            continue
        assert parsed.SerializeToString(deterministic=True) == raw


@given(st.data())
def test_a_changed_byte_never_means_the_same_message(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(RAW) - 1))
    changed = bytearray(RAW)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        parsed = parse(TxBody, bytes(changed), len(RAW))
    except NotCanonical:
        return
    assert parsed != BODY
