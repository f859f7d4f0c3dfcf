"""Bytes that strangers send are read in one way or refused."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.state.rules.params import BOUNDS
from assay.state.snapshots.errors import BadChunk, BadSnapshot
from assay.state.snapshots.format import (
    MAX_CHUNK_BYTES,
    MAX_CHUNKS,
    MAX_MANIFEST_BYTES,
    Manifest,
    RecordChunk,
    decode_bulk,
    decode_manifest,
    decode_records,
    encode_bulk,
)

hashes = st.binary(min_size=32, max_size=32)
records = st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.binary(min_size=1)), min_size=1)


@given(st.integers(0, 2**64 - 1), hashes, st.lists(hashes, min_size=1, max_size=9), st.data())
def test_a_manifest_is_read_as_it_was_written(
    height: int, root: bytes, digests: list[bytes], data: st.DataObject
) -> None:
    manifest = Manifest(height, root, data.draw(st.integers(1, len(digests))), tuple(digests))
    assert decode_manifest(manifest.encode()) == manifest


def test_the_longest_manifest_fits_into_cometbft_s_message() -> None:
    longest = Manifest(1, bytes(32), 1, (bytes(32),) * MAX_CHUNKS)
    assert decode_manifest(longest.encode()) == longest
    assert len(longest.encode()) == MAX_MANIFEST_BYTES < 4_000_000 - 1000
    with pytest.raises(BadSnapshot, match="cannot have"):
        decode_manifest(longest.encode() + bytes(32))


def test_the_longest_transaction_of_any_chain_fits_into_a_chunk() -> None:
    """So does every payload and message, which came in one."""
    envelope = 64 + 32  # at least: signature and public key
    assert len(encode_bulk([bytes(BOUNDS["max_tx_bytes"].greatest - envelope)])) <= MAX_CHUNK_BYTES


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data[:-1], "cannot have"),
        (lambda data: data[:49], "cannot have"),
        (lambda data: b"ASYT" + data[4:], "does not begin"),
        (lambda data: data[:4] + b"\x02" + data[5:], "does not begin"),
        (lambda data: data[:45] + bytes(4) + data[49:], "cannot hold the records"),
        (lambda data: data[:48] + b"\x04" + data[49:], "cannot hold the records"),
    ],
)
def test_what_is_no_manifest_is_refused(change: object, reason: str) -> None:
    good = Manifest(7, bytes(32), 2, (b"a" * 32, b"b" * 32, b"c" * 32)).encode()
    with pytest.raises(BadSnapshot, match=reason):
        decode_manifest(change(good))  # type: ignore[operator]


@given(records, st.integers(0, 256), st.data())
def test_a_chunk_of_records_is_read_as_it_was_written(
    items: list[tuple[bytes, bytes]], depth: int, data: st.DataObject
) -> None:
    siblings = data.draw(st.lists(hashes, max_size=min(depth, 5)))
    chunk = RecordChunk(items, depth, siblings)
    assert decode_records(chunk.encode()) == chunk


@given(st.lists(st.binary(min_size=1), min_size=1))
def test_a_chunk_of_byte_strings_is_read_as_it_was_written(items: list[bytes]) -> None:
    assert decode_bulk(encode_bulk(items)) == items


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "ends in the middle"),
        (bytes(4), "holds none"),
        (bytes(MAX_CHUNK_BYTES + 1), "at most"),
        (b"\0\0\0\1" + b"\0\0\0\5" + b"four", "ends in the middle"),
        (b"\0\0\0\1" + b"\xff\xff\xff\xff" + b"four", "a length is"),
        (b"\xff\xff\xff\xff" + b"\0\0\0\1x", "ends in the middle"),
        (b"\0\0\0\1" + bytes(4), "a length is 0"),
        (encode_bulk([b"one"]) + b"x", "bytes follow"),
    ],
)
def test_what_is_no_chunk_of_byte_strings_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BadChunk, match=reason):
        decode_bulk(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bytes(4) + bytes(2), "holds none"),
        (b"\0\0\0\1" + b"\0" + b"\0\0\0\1v" + bytes(2), "a length is 0"),
        (b"\0\0\0\1" + b"\1k" + b"\0\4\0\1" + bytes(1 << 19), "a length is"),
        (RecordChunk([(b"k", b"v")], 3, []).encode()[:-1], "ends in the middle"),
        (RecordChunk([(b"k", b"v")], 257, []).encode(), "at most 256"),
        (RecordChunk([(b"k", b"v")], 1, [bytes(32)]).encode() + b"x", "cannot be the siblings"),
        (RecordChunk([(b"k", b"v")], 1, [bytes(32), bytes(32)]).encode(), "cannot be the siblings"),
    ],
)
def test_what_is_no_chunk_of_records_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BadChunk, match=reason):
        decode_records(data)


@given(st.integers(0, 2**32))
def test_changed_bytes_are_refused_or_written_the_same_way(seed: int) -> None:
    """Whatever a reader accepts has one encoding, and nothing makes it raise anything else."""
    rng = Random(seed)
    good = RecordChunk([(b"key", b"value"), (b"k", b"v")], 2, [bytes(32)]).encode()
    other = encode_bulk([b"some", b"byte strings"])
    for data, read in ((good, decode_records), (other, decode_bulk)):
        changed = bytearray(data)
        for _ in range(rng.randint(1, 3)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        del changed[rng.randint(0, 2 * len(changed)) :]
        try:
            found = read(bytes(changed))
        except BadChunk:
            continue
        assert (found.encode() if isinstance(found, RecordChunk) else encode_bulk(found)) == changed
