"""A whole key pair in one hand, and updates encrypted under it: what no member of a committee ever has."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.crypto.ckks import packing, payload
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.presets import SMALL, STANDARD, Preset
from assay.crypto.ring import Stream, cipher_ring, key_ring
from assay.crypto.ring.tables import U64


class KeyPair:
    """A key made by one party from a name, with SEAL's layout of the relinearisation key."""

    def __init__(self, preset: Preset, name: bytes = b"key pair") -> None:
        self.preset, self._name = preset, name
        self.ring, self.key_ring = cipher_ring(preset), key_ring(preset)
        self.secret = self._stream(b"s").ternary(preset.degree)

    @cached_property
    def p1(self) -> U64:
        rows = enumerate(self.preset.cipher_primes)
        return np.stack([self._stream(b"a", i).uniform(q, self.preset.degree) for i, q in rows])

    @cached_property
    def p0(self) -> U64:
        masked = self.ring.mul(self.p1, self.ring.encode(self.secret))
        return self.ring.neg(
            self.ring.add(masked, self.ring.encode(self._stream(b"e").error(self.preset.degree)))
        )

    @cached_property
    def relin_key(self) -> U64:
        return np.stack([self._component(digit) for digit in range(len(self.preset.cipher_primes))])

    def _component(self, digit: int) -> U64:
        ring, degree = self.key_ring, self.preset.degree
        secret = ring.encode(self.secret)
        rows = enumerate(self.preset.primes)
        a = np.stack([self._stream(b"relin a", digit, i).uniform(q, degree) for i, q in rows])
        error = ring.encode(self._stream(b"relin e", digit).error(degree))
        b = ring.neg(ring.add(ring.mul(a, secret), error))
        square = ring.zero()
        square[digit] = ring.mul_integer(ring.mul(secret, secret), self.preset.primes[-1])[digit]
        return np.stack((ring.add(b, square), a))

    def encrypt(self, values: NDArray[Any], name: bytes = b"") -> bytes:
        """Payload of integers, one a parameter."""
        return self.encrypt_coefficients(packing.pack(values, self.preset), name)

    def encrypt_coefficients(self, coefficients: NDArray[Any], name: bytes = b"") -> bytes:
        """Payload of whole polynomials, symmetric or not: what a dishonest client could send."""
        seed = self._stream(b"randomness", name).read(32)
        ciphertexts, _ = encrypt(coefficients, self.p0, self.p1, self.preset, seed)
        return payload.encode_own(ciphertexts, self.preset)

    def open(self, constant: int, c1: U64) -> int:
        """Constant coefficient of ``c0 + c1 s``, signed, without mask."""
        opened = self.ring.constant_of_product(c1, self.ring.encode(self.secret))
        return self.ring.signed(constant + opened)

    def decrypt(self, ciphertext: U64) -> NDArray[np.object_]:
        """Signed coefficients of ``c0 + c1 s``."""
        c0, c1 = ciphertext
        return self.ring.decode(self.ring.add(c0, self.ring.mul(c1, self.ring.encode(self.secret))))

    def _stream(self, *parts: bytes | int) -> Stream:
        return Stream(b"test", self._name, *parts)


@lru_cache(maxsize=4)
def _key_pair(preset: Preset) -> KeyPair:
    return KeyPair(preset)


@pytest.fixture(params=[STANDARD, SMALL], ids=["standard", "small"])
def preset(request: pytest.FixtureRequest) -> Preset:
    """Both presets, one after the other."""
    chosen: Preset = request.param
    return chosen


@pytest.fixture
def key_pair(preset: Preset) -> KeyPair:
    """The key pair of the preset."""
    return _key_pair(preset)


@pytest.fixture
def new_key_pair() -> Callable[[Preset], KeyPair]:
    """Make the key pair of a preset that is not one of the two."""
    return KeyPair


@pytest.fixture
def updates() -> Callable[[int, int], NDArray[np.float64]]:
    """Make so many unit vectors of a length that agree a little, the same in every run."""

    def make(count: int, length: int) -> NDArray[np.float64]:
        rng = np.random.default_rng(7)
        return np.stack([packing.normalise(rng.normal(size=length) + 0.2) for _ in range(count)])

    return make
