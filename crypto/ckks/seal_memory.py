"""Reading the residues of a SEAL ciphertext where they lie.

TenSEAL's bindings give residues one Python integer at a time (3.5 ms a
product), or as a file that is always compressed. The words lie in memory in
just the order that is wanted, so they are used where they lie. Every field in
front of the data is compared with what it must be before its pointer is
followed, and `DirectReader.agrees` compares a whole ciphertext with the slow
way before the engine relies on this one.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from typing import Any

import numpy as np

from assay.crypto.ckks import seal
from assay.crypto.presets import Preset
from assay.crypto.ring.tables import U64

#: A pybind11 instance holds the pointer to its C++ object behind the object header.
_VALUE_POINTER = object.__basicsize__
#: ``Ciphertext``: parms_id, NTT flag, size, N, primes, scale, correction factor (10 words),
#: then ``DynArray``: pool (2 words), capacity, size, data.
_POOL_WORDS = 2
_FIELDS = 15


def read_slowly(ciphertext: Any, preset: Preset) -> U64:
    """Residues of a ciphertext modulo Q, shape (size, 2, N), through the bindings alone."""
    shape = (ciphertext.size(), len(preset.cipher_primes), preset.degree)
    count = shape[0] * shape[1] * shape[2]
    return np.fromiter(map(ciphertext.__getitem__, range(count)), np.uint64, count).reshape(shape)


class DirectReader:
    """Finds the residues of ciphertexts of two polynomials in SEAL's memory."""

    def __init__(self, preset: Preset) -> None:
        self._preset = preset
        self._shape = (2, len(preset.cipher_primes), preset.degree)
        self._count = self._shape[0] * self._shape[1] * self._shape[2]
        members = seal.parms_id(preset, preset.cipher_primes) + struct.pack(
            "<4QdQ", 1, *(self._shape[0], preset.degree, self._shape[1]), 1.0, 1
        )
        self._expected = struct.unpack("<10Q", members)

    def read(self, ciphertext: Any) -> U64 | None:
        """Residues of shape (2, 2, N), or None where the memory is not laid out as expected.

        The array is a read-only view that keeps the ciphertext alive; the
        ciphertext must not be changed any more.
        """
        if sys.implementation.name != "cpython" or type(ciphertext).__basicsize__ < _VALUE_POINTER + 8:
            return None
        address = ctypes.c_uint64.from_address(id(ciphertext) + _VALUE_POINTER).value
        if not address or address % 8:
            return None
        fields = tuple((ctypes.c_uint64 * _FIELDS).from_address(address))
        capacity, count, data = fields[len(self._expected) + _POOL_WORDS :]
        same = (fields[0], *fields[1:4], fields[4] & 0xFF, *fields[5:10]) == self._expected
        if not same or count != self._count or capacity < count or not data or data % 8:
            return None
        block: Any = (ctypes.c_uint64 * count).from_address(data)
        block.owner = ciphertext  # the array's base holds the block, the block its owner
        words = np.frombuffer(block, dtype=np.uint64)
        words.flags.writeable = False
        return words.reshape(self._shape)

    def agrees(self, ciphertext: Any) -> bool:
        """Whether this way and the slow one read the same residues."""
        found = self.read(ciphertext)
        return found is not None and np.array_equal(found, read_slowly(ciphertext, self._preset))
