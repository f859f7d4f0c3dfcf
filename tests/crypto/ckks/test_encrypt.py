"""Encryption with known randomness."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.crypto.ckks import packing, payload
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.presets import Preset, noise_bound
from assay.crypto.ring import fresh_seed


def test_decryption_gives_the_message_and_little_noise(
    preset: Preset, key_pair: Any, updates: Callable[[int, int], NDArray[np.float64]]
) -> None:
    coefficients = packing.pack(packing.quantise(updates(1, 2 * preset.capacity)[0], preset), preset)
    ciphertexts, _ = encrypt(coefficients, key_pair.p0, key_pair.p1, preset, fresh_seed())
    for ciphertext, message in zip(ciphertexts, coefficients, strict=True):
        noise = key_pair.decrypt(ciphertext) - message.astype(object)
        assert max(abs(int(v)) for v in noise) <= noise_bound(preset, 1)
        assert any(noise)


def test_the_returned_randomness_explains_the_ciphertext(preset: Preset, key_pair: Any) -> None:
    message = packing.pack(np.arange(1, 10), preset)
    (ciphertext,), drawn = encrypt(message, key_pair.p0, key_pair.p1, preset, bytes(32))
    ring = key_pair.ring
    u, e0, e1 = (ring.encode(part[0]) for part in (drawn.u, drawn.e0, drawn.e1))
    assert set(np.unique(drawn.u)) == {-1, 0, 1}
    assert max(abs(drawn.e0).max(), abs(drawn.e1).max()) <= 21
    assert np.array_equal(ciphertext[0], ring.sum([ring.mul(key_pair.p0, u), e0, ring.encode(message[0])]))
    assert np.array_equal(ciphertext[1], ring.add(ring.mul(key_pair.p1, u), e1))


def test_every_ciphertext_and_part_draws_its_own(preset: Preset, key_pair: Any) -> None:
    message = packing.pack(np.ones(2 * preset.capacity, dtype=np.int64), preset)
    ciphertexts, drawn = encrypt(message, key_pair.p0, key_pair.p1, preset, bytes(32))
    rows = [tuple(row) for part in (drawn.u, drawn.e0, drawn.e1) for row in part]
    assert len(set(rows)) == 6
    assert not np.array_equal(ciphertexts[0], ciphertexts[1])


def test_one_seed_gives_one_ciphertext_and_another_another(preset: Preset, key_pair: Any) -> None:
    message = packing.pack(np.arange(1, 10), preset)
    same, again, other = (
        encrypt(message, key_pair.p0, key_pair.p1, preset, seed)[0]
        for seed in (bytes(32), bytes(32), b"x" * 32)
    )
    assert np.array_equal(same, again)
    assert not np.array_equal(same, other)


@pytest.mark.parametrize("count", [1, 3])
def test_ciphertexts_are_valid_payloads(preset: Preset, key_pair: Any, count: int) -> None:
    message = packing.pack(np.ones(count * preset.capacity, dtype=np.int64), preset)
    ciphertexts, _ = encrypt(message, key_pair.p0, key_pair.p1, preset, fresh_seed())
    assert np.array_equal(
        payload.ciphertexts_of(payload.encode_own(ciphertexts, preset), preset, count), ciphertexts
    )
