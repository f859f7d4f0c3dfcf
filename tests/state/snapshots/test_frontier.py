"""Chunks of records against the definition of the tree: nothing can be left out, added, moved or changed."""

from __future__ import annotations

from hashlib import sha256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.state.naive_tree import naive_path, naive_root

from assay.state.snapshots.errors import BadChunk
from assay.state.snapshots.format import Record, RecordChunk, decode_records
from assay.state.snapshots.frontier import Frontier, check


def in_order(records: dict[bytes, bytes]) -> list[Record]:
    return sorted(records.items(), key=lambda item: sha256(item[0]).digest())


def ended(records: dict[bytes, bytes], part: list[Record]) -> RecordChunk:
    """A chunk as an honest node makes it, from the definition of a path."""
    path = naive_path(records, part[-1][0])[::-1]
    return RecordChunk(part, len(path), [step.sibling for step in path if not step.right])


def cut(rng: Random, records: dict[bytes, bytes]) -> list[RecordChunk]:
    """Chunks of any sizes."""
    ordered, chunks = in_order(records), []
    while ordered:
        size = rng.choice([1, 2, 3, 10, len(ordered)])
        chunks.append(ended(records, ordered[:size]))
        ordered = ordered[size:]
    return chunks


def check_all(chunks: list[RecordChunk], root: bytes) -> None:
    frontier = Frontier()
    for chunk in chunks:
        frontier = check(frontier, chunk, root, last=chunk is chunks[-1])


def some_records(rng: Random) -> dict[bytes, bytes]:
    count = rng.choice([1, 2, 3, 5, 40])
    return {b"key%d" % rng.randrange(10**6): rng.randbytes(rng.randint(1, 9)) for _ in range(count)}


seeds = st.integers(0, 2**32).map(Random)


@given(seeds)
def test_all_chunks_of_any_sizes_lead_to_the_root(rng: Random) -> None:
    records = some_records(rng)
    check_all(cut(rng, records), naive_root(records))


@given(seeds)
def test_a_changed_chunk_is_refused_by_itself(rng: Random) -> None:
    """After honest chunks, any change to the next one is noticed at once, whatever comes later."""
    records = some_records(rng)
    root, chunks, frontier = naive_root(records), cut(rng, records), Frontier()
    at = rng.randrange(len(chunks))
    for chunk in chunks[:at]:
        frontier = check(frontier, chunk, root, last=False)
    changed = bytearray(chunks[at].encode())
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    with pytest.raises(BadChunk):
        check(frontier, decode_records(bytes(changed)), root, last=at == len(chunks) - 1)


def without_one(rng: Random, part: list[Record]) -> list[Record]:
    at = rng.randrange(len(part))
    return part[:at] + part[at + 1 :]


def with_another(rng: Random, part: list[Record]) -> list[Record]:
    return in_order(dict([*part, (b"another%d" % rng.randrange(99), b"value")]))


def in_other_order(_: Random, part: list[Record]) -> list[Record]:
    return part[::-1]


def with_one_twice(rng: Random, part: list[Record]) -> list[Record]:
    at = rng.randrange(len(part))
    return part[: at + 1] + part[at:]


@pytest.mark.parametrize("change", [without_one, with_another, in_other_order, with_one_twice])
@given(seeds)
def test_records_cannot_be_left_out_added_or_moved(change: object, rng: Random) -> None:
    """Even by somebody who makes the chunk's end fit as well as it can be."""
    records = some_records(rng) | {b"one": b"1", b"two": b"2", b"three": b"3"}
    part = change(rng, in_order(records))  # type: ignore[operator]
    forged = dict(part)
    for ends in (records, forged):
        if part[-1][0] not in ends:
            continue
        with pytest.raises(BadChunk):
            check(Frontier(), ended(ends, part), naive_root(records), last=True)


def test_the_last_chunk_has_nothing_after_it_and_the_others_have() -> None:
    records = {b"key%d" % number: b"value" for number in range(20)}
    root, ordered = naive_root(records), in_order(records)
    with pytest.raises(BadChunk, match="records are missing"):
        check(Frontier(), ended(records, ordered[:7]), root, last=True)
    with pytest.raises(BadChunk, match="no record follows"):
        check(Frontier(), ended(records, ordered), root, last=False)


def test_a_path_of_another_length_is_refused() -> None:
    records = {b"key%d" % number: b"value" for number in range(20)}
    good = ended(records, in_order(records)[:7])
    for depth in (0, good.depth - 1, good.depth + 1, 256):
        with pytest.raises(BadChunk):
            check(
                Frontier(), RecordChunk(good.records, depth, good.siblings), naive_root(records), last=False
            )


def test_a_refused_chunk_leaves_the_frontier_as_it_was() -> None:
    records = {b"key%d" % number: b"value" for number in range(20)}
    root, ordered = naive_root(records), in_order(records)
    first, second = ended(records, ordered[:7]), ended(records, ordered[7:])
    frontier = check(Frontier(), first, root, last=False)
    with pytest.raises(BadChunk):
        check(frontier, ended(records, ordered[8:]), root, last=True)
    check(frontier, second, root, last=True)
