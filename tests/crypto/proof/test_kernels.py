"""The compiled kernels and the numpy reference give the same integers, and the right ones."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto.presets import SMALL, STANDARD, Preset
from assay.crypto.proof import compiled, kernels, reference
from assay.crypto.proof.constants import constants
from assay.crypto.proof.prover import pack
from assay.crypto.ring.tables import U64

KERNELS = pytest.mark.parametrize("kernel", [reference, compiled], ids=["numpy", "numba"])
WORD = (1 << 64) - 1


def wide(values: list[int]) -> U64:
    return np.array([[v & WORD for v in values], [v >> 64 for v in values]], dtype=np.uint64)


def integers(words: U64) -> list[int]:
    return [int(low) + (int(high) << 64) for low, high in words.reshape(2, -1).T]


@st.composite
def fields(draw: st.DrawFn) -> tuple[int, list[int]]:
    width = draw(st.integers(1, 120))
    ends = st.sampled_from([0, (1 << width) - 1, 1 << (width - 1)])
    values = draw(st.lists(ends | st.integers(0, (1 << width) - 1), min_size=8, max_size=64))
    return width, values[: len(values) // 8 * 8]


@KERNELS
@given(fields())
def test_fields_of_any_width_are_read_back(kernel: Any, case: tuple[int, list[int]]) -> None:
    width, values = case
    data = sum(v << (i * width) for i, v in enumerate(values)).to_bytes(width * len(values) // 8, "little")
    assert integers(kernel.unpack(data, width, len(values))) == values
    assert pack(wide(values), width) == data


@KERNELS
@given(st.lists(st.integers(0, (1 << 120) - 1), min_size=1, max_size=6), st.integers(0, (1 << 120) - 1))
def test_exceeds_compares_both_words(kernel: Any, values: list[int], limit: int) -> None:
    for case in (limit, limit - 1, limit + 1, values[0], values[0] - 1, max(values)):
        if case >= 0:
            assert kernel.exceeds(wide(values), wide([case])[:, 0]) == (max(values) > case)


@KERNELS
@pytest.mark.parametrize("preset", [STANDARD, SMALL], ids=["standard", "small"])
@given(st.lists(st.integers(0, (1 << 120) - 1), min_size=4, max_size=4), st.integers(0, 1 << 119))
def test_residues_less_an_offset(kernel: Any, preset: Preset, values: list[int], offset: int) -> None:
    primes = preset.cipher_primes
    values = [*values, 0, WORD, 1 << 64, offset]
    words = np.array([offset % q for q in primes], dtype=np.uint64)
    got = kernel.residues(wide(values).reshape(2, 2, 4), words, constants(primes))
    assert got.shape == (2, 2, 4)
    expected = [[(v - offset) % q for q in primes] for v in values]
    assert np.moveaxis(got, 1, -1).reshape(-1, 2).tolist() == expected


@KERNELS
@pytest.mark.parametrize("preset", [STANDARD, SMALL], ids=["standard", "small"])
@given(st.data())
def test_chinese_remainders_are_rounded_down(kernel: Any, preset: Preset, data: st.DataObject) -> None:
    q0, q1 = preset.cipher_primes
    modulus = preset.modulus
    ends = st.sampled_from([0, 1, q0, q1, q0 - 1, modulus - 1, modulus - q0])
    values = data.draw(st.lists(ends | st.integers(0, modulus - 1), min_size=16, max_size=16))
    shifts = np.array(
        data.draw(st.lists(st.integers(0, 63), min_size=4, max_size=4)), dtype=np.uint64
    ).reshape(2, 2)
    coefficients = np.array([[v % q for v in values] for q in (q0, q1)], dtype=np.uint64)
    coefficients = np.ascontiguousarray(coefficients.reshape(2, 2, 2, 4).transpose(1, 2, 0, 3))
    got = kernel.compose(coefficients, shifts, constants((q0, q1)))
    for (k, i, j), value in zip(np.ndindex(2, 2, 4), values, strict=True):
        low, high = got[k, i, j]
        assert int(low) + (int(high) << 64) == value >> int(shifts[i, j // 2])


def test_without_numba_the_reference_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kernels.COMPILED
    for name in kernels.__all__:
        monkeypatch.delattr(kernels, name)
    monkeypatch.delattr("assay.crypto.proof.compiled")
    monkeypatch.setitem(sys.modules, "assay.crypto.proof.compiled", None)
    assert not kernels.COMPILED
    assert kernels.compose is reference.compose
    monkeypatch.undo()
    assert kernels.COMPILED


def test_there_are_no_other_kernels() -> None:
    with pytest.raises(AttributeError, match="no attribute"):
        kernels.__getattr__("divide")
