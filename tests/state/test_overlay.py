"""Buffered writes."""

from __future__ import annotations

import hashlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assay.state.overlay import Overlay


def test_a_write_is_seen_above_but_not_beneath(memory: Any) -> None:
    memory.records[b"a"] = b"old"
    below = Overlay(memory)
    above = Overlay(below)
    above.put(b"a", b"new")
    assert (above.get(b"a"), below.get(b"a")) == (b"new", b"old")
    above.flush_into(below)
    assert (below.get(b"a"), memory.get(b"a"), above.changes) == (b"new", b"old", {})


def test_a_deletion_hides_what_lies_beneath(memory: Any) -> None:
    memory.records.update({b"a1": b"x", b"a2": b"y"})
    view = Overlay(memory)
    view.delete(b"a1")
    assert view.get(b"a1") is None
    assert list(view.iterate(b"a")) == [(b"a2", b"y")]


def test_dropping_a_scope_hides_its_bytes_but_not_later_ones(memory: Any) -> None:
    old = hashlib.sha256(b"old").digest()
    memory.bulk[b"s", old] = b"old"
    view = Overlay(memory)
    gone = view.put_bulk(b"s", b"gone")
    view.drop_bulk(b"s")
    kept = view.put_bulk(b"s", b"kept")
    assert [view.get_bulk(b"s", digest) for digest in (old, gone, kept)] == [None, None, b"kept"]


def test_a_dropped_scope_is_dropped_beneath_too(memory: Any) -> None:
    below = Overlay(memory)
    digest = below.put_bulk(b"s", b"old")
    above = Overlay(below)
    above.drop_bulk(b"s")
    above.flush_into(below)
    assert below.get_bulk(b"s", digest) is None


KEYS = st.binary(min_size=1, max_size=2)
WRITES = st.lists(st.tuples(KEYS, st.none() | st.binary(min_size=1, max_size=3)))


@given(WRITES, WRITES, WRITES, st.binary(max_size=1), st.binary(max_size=2))
def test_iteration_equals_a_sorted_dictionary(
    first: Any, second: Any, third: Any, prefix: bytes, start: bytes
) -> None:
    model: dict[bytes, bytes] = {}
    layers: list[Any] = [_Records(first)]
    for key, value in first:
        _apply(model, key, value)
    for writes in (second, third):
        layers.append(Overlay(layers[-1]))
        for key, value in writes:
            layers[-1].changes[key] = value
            _apply(model, key, value)
    expected = sorted(item for item in model.items() if item[0].startswith(prefix))
    assert list(layers[-1].iterate(prefix)) == expected
    assert list(layers[-1].iterate(prefix, start)) == [item for item in expected if item[0] >= start]


@given(st.lists(st.tuples(KEYS, st.booleans())), st.lists(KEYS, min_size=1), st.integers(1, 20))
def test_writing_and_walking_may_take_turns(writes: Any, prefixes: Any, each: int) -> None:
    view, model = Overlay(_Records([])), dict[bytes, bytes]()
    for start in range(0, len(writes) + 1, each):
        for key, kept in writes[start : start + each]:
            view.changes[key] = b"x" if kept else None
            _apply(model, key, view.changes[key])
        for prefix in prefixes:
            expected = sorted(item for item in model.items() if item[0].startswith(prefix))
            assert list(view.iterate(prefix)) == expected


def test_a_walk_reads_what_lies_beneath_only_as_far_as_it_goes() -> None:
    below = _Records([(bytes([1, number]), b"x") for number in range(100)])
    read: list[bytes] = []

    def records(prefix: bytes, _start: bytes) -> Any:
        for key, value in sorted(below.records.items()):
            if key.startswith(prefix):
                read.append(key)
                yield key, value

    below.iterate = records  # type: ignore[method-assign]
    view = Overlay(Overlay(below))
    view.put(b"\x01\x00new", b"y")
    view.delete(b"\x01\x01")
    walk = view.iterate(b"\x01")
    assert [next(walk)[0] for _ in range(3)] == [b"\x01\x00", b"\x01\x00new", b"\x01\x02"]
    assert len(read) <= 4


def test_a_walk_does_not_see_what_is_written_meanwhile(memory: Any) -> None:
    memory.records.update({b"a1": b"x", b"a3": b"x"})
    view = Overlay(memory)
    view.put(b"a2", b"y")
    seen = []
    for key, _ in view.iterate(b"a"):
        seen.append(key)
        view.delete(key)
        view.put(b"a4", b"z")
    assert seen == [b"a1", b"a2", b"a3"]
    assert list(view.iterate(b"a")) == [(b"a4", b"z")]


def _apply(model: dict[bytes, bytes], key: bytes, value: bytes | None) -> None:
    if value is None:
        model.pop(key, None)
    else:
        model[key] = value


class _Records:
    def __init__(self, writes: Any) -> None:
        self.records: dict[bytes, bytes] = {}
        for key, value in writes:
            _apply(self.records, key, value)

    def get(self, key: bytes) -> bytes | None:
        return self.records.get(key)

    def iterate(self, prefix: bytes, start: bytes = b"") -> Any:
        found = (item for item in self.records.items() if item[0].startswith(prefix) and item[0] >= start)
        return iter(sorted(found))

    def get_bulk(self, scope: bytes, digest: bytes) -> bytes | None:
        return None
