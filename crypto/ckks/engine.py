"""The homomorphic engine: TenSEAL's multiplication and relinearisation, integer residues in and out.

The only module that imports TenSEAL. What reaches SEAL's deserialisation is
built by `assay.crypto.ckks.seal` from residues that were checked. TenSEAL holds
the interpreter lock, so the node runs engines in worker processes.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import tenseal
from tenseal import sealapi  # importing it registers the types that the internals below need

from assay.crypto.ckks import seal
from assay.crypto.ckks.seal_memory import DirectReader, read_slowly
from assay.crypto.errors import EngineMismatch
from assay.crypto.presets import SMALL, STANDARD, Preset
from assay.crypto.ring import Stream, cipher_ring, key_ring
from assay.crypto.ring.tables import U64

#: SHA-256 of the residues of the known-answer product; the same on every machine.
KNOWN_ANSWERS: Final = {
    STANDARD.name: "1a55a98b2a8c102ac10389b7f57b3f58a811ffa9ee4b4b94cd9d96e804c3f8fa",
    SMALL.name: "9b24002fb5aac36fa563a936e2851c7ec8c53278bf692cd95ea1436a84343e18",
}


@dataclass(frozen=True)
class RelinKey:
    """A relinearisation key inside SEAL; made by `Engine.load_relin_key`."""

    handle: Any


@dataclass(frozen=True)
class Ciphertext:
    """A ciphertext inside SEAL; made by `Engine.load`."""

    handle: Any


class Engine:
    """Multiplies ciphertexts of one preset.

    Parameters
    ----------
    preset : Preset
        Its primes must be those SEAL's ``CoeffModulus::Create`` gives, or SEAL refuses them as insecure.
    """

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        self._ring = cipher_ring(preset)
        self._context = tenseal.context_from(_context_bytes(preset, b""), n_threads=1)
        self._evaluator = sealapi.Evaluator(self._context.seal_context().data)
        reader = DirectReader(preset)
        self._reader = reader if reader.agrees(self.load(_known(preset, b"probe")).handle) else None

    @property
    def reads_directly(self) -> bool:
        """Whether residues are read from SEAL's memory; if not, a product takes four times as long."""
        return self._reader is not None

    def load_relin_key(self, residues: U64) -> RelinKey:
        """Load a relinearisation key.

        Parameters
        ----------
        residues : uint64, shape (2, 2, 3, N)
            Digit (a ciphertext prime), polynomial, prime, residue; NTT form, canonical.

        Raises
        ------
        ValueError
            Shape, type or a residue's range is wrong.
        """
        digits = len(self.preset.cipher_primes)
        if residues.shape[:2] != (digits, 2) or not key_ring(self.preset).is_canonical(residues):
            raise ValueError(f"a relinearisation key has canonical residues of shape ({digits}, 2, 3, N)")
        data = _context_bytes(self.preset, seal.relin_keys(self.preset, residues))
        return RelinKey(tenseal.context_from(data, n_threads=1).relin_keys().data)

    def load(self, residues: U64) -> Ciphertext:
        """Load a ciphertext: residues of shape (2, 2, N), NTT form, canonical.

        Raises
        ------
        ValueError
            Shape, type or a residue's range is wrong.
        """
        if residues.shape[:-2] != (2,) or not self._ring.is_canonical(residues):
            raise ValueError("a ciphertext has canonical residues of shape (2, 2, N)")
        data = b"\x08\x01" + _double(3, 1.0) + _field(2, seal.ciphertext(self.preset, residues))
        return Ciphertext(tenseal.ckks_vector_from(self._context, data).ciphertext()[0])

    def product(self, key: RelinKey, pairs: Sequence[tuple[Ciphertext, Ciphertext]]) -> U64:
        """Sum of the products of these pairs, relinearised once; not rescaled.

        Parameters
        ----------
        key : RelinKey
        pairs : sequence of pairs of Ciphertext
            At least one. A pair may name one object twice.

        Returns
        -------
        uint64, shape (2, 2, N)
            Polynomial, prime, residue; NTT form; read-only.
        """
        total = self._multiply(*pairs[0])
        for a, b in pairs[1:]:
            term = self._multiply(a, b)
            _transparently(partial(self._evaluator.add_inplace, total, term), total)
        _transparently(partial(self._evaluator.relinearize_inplace, total, key.handle), total)
        return self._read(total)

    def self_test(self) -> None:
        """Compare a product with its known answer.

        Raises
        ------
        EngineMismatch
            This machine would compute other scores than the rest of the chain.
        """
        expected, found = KNOWN_ANSWERS[self.preset.name], known_answer(self)
        if found != expected:
            raise EngineMismatch(
                f"the homomorphic engine gave {found} where every node must get {expected} (preset "
                f"{self.preset.name}, tenseal {tenseal.__version__}); it would compute other scores than "
                "its peers, so it does not start: install the pinned tenseal, or run on another machine"
            )

    def _multiply(self, a: Ciphertext, b: Ciphertext) -> Any:
        out = sealapi.Ciphertext()
        if a.handle is b.handle:
            _transparently(partial(self._evaluator.square, a.handle, out), out)
        else:
            _transparently(partial(self._evaluator.multiply, a.handle, b.handle, out), out)
        return out

    def _read(self, ciphertext: Any) -> U64:
        found = self._reader.read(ciphertext) if self._reader else None
        return read_slowly(ciphertext, self.preset) if found is None else found


def _transparently(operation: Callable[[], object], result: Any) -> None:
    """Run an operation whose result may be transparent (all polynomials but the first zero).

    SEAL computes such a result and then raises. A stranger can choose
    ciphertexts that lead there, so it must be a result like any other.
    """
    try:
        operation()
    except RuntimeError:
        if not result.is_transparent():
            raise


def _field(number: int, data: bytes) -> bytes:
    """Protobuf field of bytes."""
    size, varint = len(data), bytearray()
    while size > 0x7F:
        varint.append(size & 0x7F | 0x80)
        size >>= 7
    varint.append(size)
    return bytes((number << 3 | 2,)) + bytes(varint) + data


def _double(number: int, value: float) -> bytes:
    return bytes((number << 3 | 1,)) + struct.pack("<d", value)


def _context_bytes(preset: Preset, relin_keys: bytes) -> bytes:
    """``TenSEALContextProto`` without secret and public key; every automatic behaviour is off."""
    public = _double(3, 1.0) + (_field(4, relin_keys) if relin_keys else b"")
    return _field(1, seal.parameters(preset)) + _field(2, public)


def _known(preset: Preset, name: bytes, shape: tuple[int, ...] = (2,), *, key: bool = False) -> U64:
    """Pseudo-random residues of shape (*shape, primes, N) that everybody can make."""
    ring = key_ring(preset) if key else cipher_ring(preset)
    count = int(np.prod(shape)) * preset.degree
    rows = [
        Stream(b"known-answer", name, i).uniform(q, count).reshape(*shape, -1)
        for i, q in enumerate(ring.primes)
    ]
    return np.stack(rows, axis=-2)


def known_answer(engine: Engine) -> str:
    """Hex SHA-256 of ``a * b + a * a`` relinearised, of pseudo-random ciphertexts and key."""
    preset = engine.preset
    key = engine.load_relin_key(_known(preset, b"key", (len(preset.cipher_primes), 2), key=True))
    a, b = (engine.load(_known(preset, name)) for name in (b"a", b"b"))
    residues = engine.product(key, [(a, b), (a, a)])
    return hashlib.sha256(residues.astype("<u8").tobytes()).hexdigest()
