"""Samplers: exact streams, ranges, and distributions."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto.ring import Stream, fresh_seed

SEED = bytes(range(32))


def test_a_stream_is_shake256_of_the_parts_with_their_lengths() -> None:
    absorbed = b"assay/expand/v1"
    for part in (b"purpose", SEED, b"part", (7).to_bytes(8, "little")):
        absorbed += len(part).to_bytes(4, "little") + part
    assert Stream(b"purpose", SEED, b"part", 7).read(100) == hashlib.shake_256(absorbed).digest(100)


parts = st.lists(st.binary(max_size=3), max_size=3)


@given(parts, parts)
def test_different_parts_give_different_streams(a: list[bytes], b: list[bytes]) -> None:
    assert (Stream(b"d", SEED, *a).read(32) == Stream(b"d", SEED, *b).read(32)) == (a == b)


@given(st.integers(1, 2**63 - 1), st.integers(0, 50))
def test_uniform_residues_are_the_accepted_words_in_order(q: int, count: int) -> None:
    stream = Stream(b"d", SEED, q)
    words = np.frombuffer(stream.read(8 * 4096), dtype="<u8").tolist()
    accepted = [w & ((1 << q.bit_length()) - 1) for w in words]
    expected = [w for w in accepted if w < q][:count]
    assert stream.uniform(q, count).tolist() == expected
    assert stream.uniform(q, count + 7)[:count].tolist() == expected


@given(st.integers(0, 2**200), st.integers(0, 20))
def test_bounded_integers_stay_in_their_bound(bound: int, count: int) -> None:
    values = Stream(b"d", SEED, b"b").bounded(bound, count)
    assert len(values) == count
    assert all(-bound <= int(v) <= bound for v in values)
    assert np.array_equal(Stream(b"d", SEED, b"b").bounded(bound, count + 5)[:count], values)


@pytest.mark.parametrize("bound", [1, 2, 100])
def test_bounded_integers_are_uniform(bound: int) -> None:
    count = 20_000
    found = Counter(Stream(b"d", SEED).bounded(bound, count).tolist())
    assert set(found) == set(range(-bound, bound + 1))
    expected = count / (2 * bound + 1)
    chi_squared = sum((n - expected) ** 2 / expected for n in found.values())
    assert chi_squared < 2 * bound + 8 * (4 * bound) ** 0.5


def test_wide_bounded_integers_fill_their_range() -> None:
    values = [int(v) for v in Stream(b"d", SEED).bounded(1 << 92, 2000)]
    assert max(values) > 0.99 * (1 << 92)
    assert min(values) < -0.99 * (1 << 92)
    assert abs(sum(values)) < 200 * (1 << 92)


def test_ternary_is_uniform_on_three_values() -> None:
    values = Stream(b"d", SEED).ternary(30_000)
    assert values.dtype == np.int64
    assert all(abs(n - 10_000) < 400 for n in Counter(values.tolist()).values())
    assert set(values.tolist()) == {-1, 0, 1}


def test_errors_are_centered_binomial_with_21_bits_a_side() -> None:
    values = Stream(b"d", SEED).error(100_000)
    assert abs(float(values.mean())) < 0.05
    assert abs(float(values.var()) - 10.5) < 0.2
    assert abs(values).max() <= 21
    first = Stream(b"d", SEED).read(6)
    plus = first[0].bit_count() + first[1].bit_count() + (first[2] & 0x1F).bit_count()
    minus = first[3].bit_count() + first[4].bit_count() + (first[5] & 0x1F).bit_count()
    assert values[0] == plus - minus


def test_fresh_seeds_differ() -> None:
    assert len({fresh_seed() for _ in range(100)}) == 100
    assert len(fresh_seed()) == 32


def test_vectors(repository: Path) -> None:
    vectors: dict[str, Any] = json.loads((repository / "tests/vectors/sampling.json").read_text())
    stream = Stream(*(bytes.fromhex(part) for part in vectors["parts"]))
    assert stream.read(32).hex() == vectors["bytes"]
    assert stream.ternary(16).tolist() == vectors["ternary"]
    assert stream.error(16).tolist() == vectors["error"]
    for case in vectors["uniform"]:
        assert stream.uniform(int(case["q"]), 4).tolist() == [int(v) for v in case["values"]]
    for case in vectors["bounded"]:
        assert [str(v) for v in stream.bounded(int(case["bound"]), 4)] == case["values"]
