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


@given(WRITES, WRITES, WRITES, st.binary(max_size=1))
def test_iteration_equals_a_sorted_dictionary(first: Any, second: Any, third: Any, prefix: bytes) -> None:
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

    def iterate(self, prefix: bytes) -> Any:
        return iter(sorted(item for item in self.records.items() if item[0].startswith(prefix)))

    def get_bulk(self, scope: bytes, digest: bytes) -> bytes | None:
        return None
