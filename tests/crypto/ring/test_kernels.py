"""The compiled kernels and the numpy reference give the same integers, and the right ones."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto.presets import SMALL, STANDARD
from assay.crypto.ring import compiled, kernels, reference
from assay.crypto.ring.tables import U64, bit_reverse, tables

# Small rings with the presets' primes: q is 1 modulo 2N for every smaller power of two too.
PRIMES = (*STANDARD.primes, *SMALL.primes)
DEGREES = (1, 2, 4, 64, 512)


def residues(draw: Any, degree: int) -> U64:
    """Residues with many at the ends of their range, shape (2, P, N)."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = []
    for q in PRIMES:
        row = rng.integers(0, q, size=(2, degree), dtype=np.uint64)
        ends = rng.choice(np.array([0, 1, q - 1, q // 2], dtype=np.uint64), size=(2, degree))
        rows.append(np.where(rng.random((2, degree)) < draw(st.sampled_from([0.0, 0.3, 1.0])), ends, row))
    return np.stack(rows, axis=1)


@st.composite
def operands(draw: st.DrawFn) -> tuple[int, U64, U64]:
    degree = draw(st.sampled_from(DEGREES))
    return degree, residues(draw, degree), residues(draw, degree)


Q = np.array(PRIMES, dtype=object)[:, None]


def as_integers(a: U64) -> Any:
    return a.astype(object)


@pytest.mark.parametrize("kernel", [reference, compiled], ids=["numpy", "numba"])
@given(operands())
def test_pointwise_kernels_are_arithmetic_modulo_q(kernel: Any, case: tuple[int, U64, U64]) -> None:
    degree, a, b = case
    t, x, y = tables(degree, PRIMES), as_integers(a), as_integers(b)
    assert np.array_equal(kernel.add(a, b, t), (x + y) % Q)
    assert np.array_equal(kernel.sub(a, b, t), (x - y) % Q)
    assert np.array_equal(kernel.mul(a, b, t), x * y % Q)
    assert np.array_equal(kernel.total(a, t), x.sum(axis=-1) % Q[:, 0])
    assert np.array_equal(kernel.dot(a, b, t), (x * y).sum(axis=-1) % Q[:, 0])
    factor = b[0, :, 0].copy()
    shoup = np.array([(int(w) << 64) // q for w, q in zip(factor, PRIMES, strict=True)], dtype=np.uint64)
    assert np.array_equal(kernel.mul_scalar(a, factor, shoup, t), x * as_integers(factor)[:, None] % Q)


@given(operands())
def test_both_transforms_agree_and_invert_each_other(case: tuple[int, U64, U64]) -> None:
    degree, a, _ = case
    t = tables(degree, PRIMES)
    transformed = reference.forward(a, t)
    assert np.array_equal(transformed, compiled.forward(a, t))
    assert np.array_equal(reference.inverse(a, t), compiled.inverse(a, t))
    assert np.array_equal(reference.inverse(transformed, t), a)
    assert np.array_equal(compiled.forward(compiled.inverse(a, t), t), a)


@pytest.mark.parametrize("kernel", [reference, compiled], ids=["numpy", "numba"])
def test_transform_evaluates_at_odd_powers_of_psi_in_bit_reversed_order(kernel: Any) -> None:
    degree = 64
    t = tables(degree, PRIMES)
    rng = np.random.default_rng(3)
    a = np.stack([rng.integers(0, q, size=(1, degree), dtype=np.uint64) for q in PRIMES], axis=1)
    got = kernel.forward(a, t)
    for p, q in enumerate(PRIMES):
        psi = int(t.roots[p, degree // 2])  # psi^bitrev(N/2) is psi itself
        assert pow(psi, degree, q) == q - 1
        for i in range(degree):
            point = pow(psi, 2 * bit_reverse(i, 6) + 1, q)
            value = sum(int(c) * pow(point, j, q) for j, c in enumerate(a[0, p])) % q
            assert int(got[0, p, i]) == value


def test_arguments_are_not_changed() -> None:
    t = tables(8, PRIMES)
    a = np.ones((1, len(PRIMES), 8), dtype=np.uint64)
    a.flags.writeable = False
    for kernel in (reference, compiled):
        kernel.forward(a, t)
        kernel.inverse(a, t)
        kernel.mul(a, a, t)
    assert (a == 1).all()


def test_without_numba_the_reference_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kernels.COMPILED
    for name in kernels.__all__:
        monkeypatch.delattr(kernels, name)
    monkeypatch.delattr("assay.crypto.ring.compiled")
    monkeypatch.setitem(sys.modules, "assay.crypto.ring.compiled", None)
    assert not kernels.COMPILED
    assert kernels.forward is reference.forward
    monkeypatch.undo()
    assert kernels.COMPILED


def test_there_are_no_other_kernels() -> None:
    with pytest.raises(AttributeError, match="no attribute"):
        kernels.__getattr__("divide")


def test_where_machine_code_cannot_be_kept_it_is_compiled_anew() -> None:
    program = (
        "import numpy as np\n"
        "from assay.crypto.presets import SMALL\n"
        "from assay.crypto.ring import kernels\n"
        "from assay.crypto.ring.tables import tables\n"
        "one = np.ones((1, 1, 4), dtype=np.uint64)\n"
        "print(kernels.COMPILED, kernels.add(one, one, tables(4, SMALL.primes[:1])).tolist())\n"
    )
    nowhere = {"NUMBA_CACHE_DIR": "", "NUMBA_CACHE_LOCATOR_CLASSES": "_UserProvidedCacheLocator"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=os.environ | nowhere, capture_output=True, text=True, check=False)
    assert done.stdout == "True [[[2, 2, 2, 2]]]\n", done.stderr


@pytest.mark.parametrize("kernel", [reference, compiled], ids=["numpy", "numba"])
def test_vectors(kernel: Any, repository: Path) -> None:
    cases = json.loads((repository / "tests/vectors/ntt.json").read_text())["cases"]
    for case in cases:
        degree, q = case["degree"], int(case["prime"])
        t = tables(degree, (q,))
        assert int(t.roots[0, degree // 2]) == int(case["psi"])
        coefficients = np.zeros((1, 1, degree), dtype=np.uint64)
        if "coefficients" in case:
            coefficients[0, 0] = [int(c) for c in case["coefficients"]]
            assert kernel.forward(coefficients, t)[0, 0].tolist() == [int(v) for v in case["ntt"]]
        else:
            for index, value in case["sparse"].items():
                coefficients[0, 0, int(index)] = value
            words = kernel.forward(coefficients, t).astype("<u8").tobytes()
            assert hashlib.sha256(words).hexdigest() == case["sha256"]
