"""SEAL 4 objects as bytes, built here field by field so that SEAL never parses what a stranger wrote.

Every object starts with a 16-byte header: magic 0xA15E u16, header size u8,
version 4.3, compression u8 (0, none), reserved u16, total size u64. Integers
are little endian. Layouts: SEAL's ``serialization.h``, ``encryptionparams.cpp``,
``ciphertext.cpp``, ``kswitchkeys.cpp``, ``dynarray.h``.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Final

import numpy as np

from assay.crypto.presets import Preset
from assay.crypto.ring.tables import U64

_HEADER: Final = struct.Struct("<HBBBBHQ")
_MAGIC: Final = 0xA15E
_VERSION: Final = (4, 3)
_CKKS: Final = 2
#: A ciphertext's scale. Ours is a convention of the packing; SEAL only checks that it fits the modulus.
_SCALE: Final = struct.pack("<d", 1.0)


_Parts = list[bytes | memoryview]


def _object(members: _Parts) -> _Parts:
    """Put the header in front of an object's members; parts are joined once, at the end."""
    size = _HEADER.size + sum(len(part) for part in members)
    return [_HEADER.pack(_MAGIC, _HEADER.size, *_VERSION, 0, 0, size), *members]


def _words(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}Q", *values)


def parms_id(preset: Preset, primes: tuple[int, ...]) -> bytes:
    """SEAL's identifier of these parameters: BLAKE2b-256 of scheme, N, primes, plain modulus 0."""
    return hashlib.blake2b(_words(_CKKS, preset.degree, *primes, 0), digest_size=32).digest()


def parameters(preset: Preset) -> bytes:
    """``EncryptionParameters``: CKKS, degree, all primes, plain modulus 0."""
    moduli = [part for q in (*preset.primes, 0) for part in _object([_words(q)])]
    head = bytes([_CKKS]) + _words(preset.degree, len(preset.primes))
    return b"".join(_object([head, *moduli]))


def _polynomials(preset: Preset, primes: tuple[int, ...], residues: U64) -> _Parts:
    """``Ciphertext``: residues of shape (size, len(primes), N), in NTT form."""
    size = residues.shape[0]
    if residues.shape != (size, len(primes), preset.degree):
        raise ValueError(f"residues of shape {residues.shape} do not fit {preset.name}")
    data = np.ascontiguousarray(residues, dtype="<u8").data.cast("B")
    head = (
        parms_id(preset, primes),
        b"\x01",  # NTT form
        _words(size, preset.degree, len(primes)),
        _SCALE,
        _words(1),  # correction factor, used by BGV only
    )
    return _object([*head, *_object([_words(residues.size), data])])


def ciphertext(preset: Preset, residues: U64) -> bytes:
    """``Ciphertext`` modulo Q: residues of shape (size, 2, N)."""
    return b"".join(_polynomials(preset, preset.cipher_primes, residues))


def public_key(preset: Preset, residues: U64) -> bytes:
    """``PublicKey`` modulo Q and the special prime: residues of shape (2, 3, N)."""
    return b"".join(_polynomials(preset, preset.primes, residues))


def relin_keys(preset: Preset, residues: U64) -> bytes:
    """``RelinKeys`` for the square of the secret key: residues of shape (ciphertext primes, 2, 3, N)."""
    keys = [part for digit in residues for part in _polynomials(preset, preset.primes, digit)]
    return b"".join(_object([parms_id(preset, preset.primes), _words(1, len(residues)), *keys]))
