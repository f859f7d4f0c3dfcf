"""The engine against SEAL's key switching written out in our own ring, residue by residue."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.crypto.ckks import engine as engine_module
from assay.crypto.ckks import packing, payload
from assay.crypto.ckks.engine import KNOWN_ANSWERS, Engine, known_answer
from assay.crypto.ckks.seal_memory import DirectReader, read_slowly
from assay.crypto.errors import EngineMismatch
from assay.crypto.presets import PRESETS, Preset
from assay.crypto.ring import Ring, Stream, cipher_ring, key_ring
from assay.crypto.ring.tables import U64

ENGINES = {preset.name: Engine(preset) for preset in PRESETS}


@pytest.fixture
def engine(preset: Preset) -> Engine:
    return ENGINES[preset.name]


def random_ciphertext(preset: Preset, name: bytes) -> U64:
    rows = [Stream(b"t", name, i).uniform(q, 2 * preset.degree) for i, q in enumerate(preset.cipher_primes)]
    return np.stack([row.reshape(2, -1) for row in rows], axis=1)


def relinearised(preset: Preset, d: list[U64], key: U64) -> U64:
    """``(d0, d1, d2)`` to two polynomials, as SEAL's ``Evaluator::switch_key_inplace`` rounds it."""
    ring, full = cipher_ring(preset), key_ring(preset)
    accumulated = np.zeros((2, *full.shape), dtype=np.uint64)
    for digit, coefficients in enumerate(ring.inverse(d[2])):
        lifted = full.encode(
            coefficients.astype(np.int64)
        )  # the least non-negative residue, modulo every prime
        accumulated = full.add(accumulated, full.mul(lifted, key[digit]))
    special = preset.primes[-1]
    last = Ring(preset.degree, (special,))
    out = []
    for component, base in zip(accumulated, d[:2], strict=True):
        remainder = last.combine_signed(
            last.inverse(component[-1:])
        )  # in (-P/2, P/2): division rounds to nearest
        difference = ring.sub(component[:-1], ring.encode(remainder))
        switched = ring.mul_integer(difference, pow(special, -1, ring.modulus))
        out.append(ring.add(base, switched))
    return np.stack(out)


def tensor(preset: Preset, a: U64, b: U64) -> list[U64]:
    ring = cipher_ring(preset)
    cross = ring.add(ring.mul(a[0], b[1]), ring.mul(a[1], b[0]))
    return [ring.mul(a[0], b[0]), cross, ring.mul(a[1], b[1])]


def test_a_product_is_bit_for_bit_what_the_formulas_say(
    preset: Preset, engine: Engine, key_pair: Any
) -> None:
    a, b = (random_ciphertext(preset, name) for name in (b"a", b"b"))
    key = engine.load_relin_key(key_pair.relin_key)
    x, y = engine.load(a), engine.load(b)
    for first, second, pair in ((a, b, (x, y)), (a, a, (x, x)), (a, a, (x, engine.load(a)))):
        expected = relinearised(preset, tensor(preset, first, second), key_pair.relin_key)
        assert np.array_equal(engine.product(key, [pair]), expected)


def test_products_are_summed_before_one_relinearisation(
    preset: Preset, engine: Engine, key_pair: Any
) -> None:
    a, b, c = (random_ciphertext(preset, name) for name in (b"a", b"b", b"c"))
    ring, key = cipher_ring(preset), engine.load_relin_key(key_pair.relin_key)
    x, y, z = (engine.load(residues) for residues in (a, b, c))
    pairs = ((a, b), (c, c), (b, c))
    terms = [tensor(preset, first, second) for first, second in pairs]
    summed = [ring.sum(parts) for parts in zip(*terms, strict=True)]
    expected = relinearised(preset, summed, key_pair.relin_key)
    assert np.array_equal(engine.product(key, [(x, y), (z, z), (y, z)]), expected)


def test_a_product_decrypts_to_the_product(preset: Preset, engine: Engine, key_pair: Any) -> None:
    data = [
        key_pair.encrypt(np.array(values, dtype=np.int64) * (preset.scale >> 4), name)
        for values, name in (([3, -2, 1], b"a"), ([1, 5, 2], b"b"))
    ]
    x, y = (engine.load(payload.ciphertexts_of(d, preset, 1)[0]) for d in data)
    residues = engine.product(engine.load_relin_key(key_pair.relin_key), [(x, y)])
    expected = 2 * (3 - 10 + 2) * (preset.scale >> 4) ** 2
    got = key_pair.open(key_pair.ring.constant(residues[0]), residues[1])
    assert abs(got - expected) < preset.unit >> (12 if preset.name == "small" else 30)


def test_known_answers_are_committed_and_met(engine: Engine, repository: Path) -> None:
    engine.self_test()
    cases = json.loads((repository / "tests/vectors/seal.json").read_text())["cases"]
    assert {case["preset"]: case["known_answer"] for case in cases} == KNOWN_ANSWERS


def test_the_known_answer_is_what_the_formulas_say(preset: Preset, engine: Engine) -> None:
    a, b = (engine_module._known(preset, name) for name in (b"a", b"b"))
    key = engine_module._known(preset, b"key", (2, 2), key=True)
    ring = cipher_ring(preset)
    terms = zip(tensor(preset, a, b), tensor(preset, a, a), strict=True)
    residues = relinearised(preset, [ring.add(x, y) for x, y in terms], key)
    assert hashlib.sha256(residues.tobytes()).hexdigest() == known_answer(engine)


def test_another_answer_is_refused_with_a_sentence(
    preset: Preset, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Engine, "product", lambda *_: np.zeros((2, 2, preset.degree), dtype=np.uint64))
    with pytest.raises(
        EngineMismatch, match=f"every node must get {KNOWN_ANSWERS[preset.name]}.*does not start"
    ):
        engine.self_test()


def spike(preset: Preset, first: int, second: int) -> U64:
    """A ciphertext that is zero in NTT form but for one place in each polynomial."""
    out = np.zeros((2, 2, preset.degree), dtype=np.uint64)
    out[0, :, first] = 5
    out[1, :, second] = 7
    return out


def test_transparent_results_are_results_too(preset: Preset, engine: Engine, key_pair: Any) -> None:
    """SEAL raises when a result hides nothing; a stranger can choose ciphertexts that lead there."""
    key = engine.load_relin_key(key_pair.relin_key)
    cases: list[tuple[U64, U64]] = [
        (spike(preset, 0, 1), spike(preset, 2, 3)),  # everything is zero
        (spike(preset, 0, 1), spike(preset, 0, 2)),  # only the first polynomial is not
        (spike(preset, 0, 1), spike(preset, 1, 2)),  # d2 is zero, d1 is not
    ]
    for a, b in cases:
        expected = relinearised(preset, tensor(preset, a, b), key_pair.relin_key)
        assert np.array_equal(engine.product(key, [(engine.load(a), engine.load(b))]), expected)


def test_terms_that_cancel_are_a_result_too(preset: Preset, engine: Engine, key_pair: Any) -> None:
    key = engine.load_relin_key(key_pair.relin_key)
    a, b = (random_ciphertext(preset, name) for name in (b"a", b"b"))
    x, y, minus = engine.load(a), engine.load(b), engine.load(cipher_ring(preset).neg(a))
    assert not engine.product(key, [(x, y), (minus, y)]).any()


def test_residues_that_are_not_canonical_never_reach_seal(
    preset: Preset, engine: Engine, key_pair: Any
) -> None:
    bad = random_ciphertext(preset, b"a")
    bad[1, 1, -1] = preset.primes[1]
    key = key_pair.relin_key.copy()
    key[1, 1, 2, -1] = preset.primes[2]
    for call in (
        lambda: engine.load(bad),
        lambda: engine.load(random_ciphertext(preset, b"a")[:1]),
        lambda: engine.load(random_ciphertext(preset, b"a").astype(np.int64)),
        lambda: engine.load_relin_key(key),
        lambda: engine.load_relin_key(key_pair.relin_key[:1]),
    ):
        with pytest.raises(ValueError, match="canonical residues"):
            call()


def test_reading_memory_and_reading_one_by_one_agree(preset: Preset, engine: Engine) -> None:
    assert engine.reads_directly
    residues = random_ciphertext(preset, b"a")
    handle = engine.load(residues).handle
    assert np.array_equal(read_slowly(handle, preset), residues)
    found = DirectReader(preset).read(handle)
    assert found is not None
    assert np.array_equal(found, residues)


def test_residues_read_from_memory_outlive_the_ciphertext(
    preset: Preset, engine: Engine, key_pair: Any
) -> None:
    key = engine.load_relin_key(key_pair.relin_key)
    a, b = (random_ciphertext(preset, name) for name in (b"a", b"b"))
    kept = engine.product(key, [(engine.load(a), engine.load(b))])
    before = kept.copy()
    gc.collect()
    for _ in range(20):
        engine.product(key, [(engine.load(b), engine.load(b))])
    assert np.array_equal(kept, before)
    assert not kept.flags.writeable


@pytest.mark.parametrize("field", range(10))
def test_memory_of_another_shape_is_not_read(preset: Preset, engine: Engine, field: int) -> None:
    """Where any field in front of the data differs from what it must be, no pointer is followed."""
    reader = DirectReader(preset)
    handle = engine.load(random_ciphertext(preset, b"a")).handle
    reader._expected = tuple(v + (i == field) for i, v in enumerate(reader._expected))
    assert reader.read(handle) is None


def test_ciphertexts_of_three_polynomials_are_not_read_directly(preset: Preset, engine: Engine) -> None:
    x = engine.load(random_ciphertext(preset, b"a"))
    assert DirectReader(preset).read(engine._multiply(x, x)) is None


def test_an_engine_that_cannot_read_memory_gives_the_same_residues(
    preset: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DirectReader, "agrees", lambda *_: False)
    slow = Engine(preset)
    assert not slow.reads_directly
    slow.self_test()


def test_other_keys_give_other_products(
    preset: Preset, engine: Engine, new_key_pair: Callable[..., Any]
) -> None:
    x = engine.load(random_ciphertext(preset, b"a"))
    keys = [engine.load_relin_key(new_key_pair(preset, name).relin_key) for name in (b"one", b"two")]
    first, second = (engine.product(key, [(x, x)]) for key in keys)
    assert not np.array_equal(first, second)


def test_symmetric_integers_meet_their_square(preset: Preset, engine: Engine, key_pair: Any) -> None:
    """Budget of the preset: the largest honest product with itself does not wrap around Q."""
    values = packing.quantise(np.ones(preset.capacity), preset)
    x = engine.load(payload.ciphertexts_of(key_pair.encrypt(values), preset, 1)[0])
    residues = engine.product(engine.load_relin_key(key_pair.relin_key), [(x, x)])
    exact = 2 * sum(int(v) ** 2 for v in values)
    assert abs(key_pair.open(key_pair.ring.constant(residues[0]), residues[1]) - exact) < preset.unit >> 12
