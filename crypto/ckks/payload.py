"""The two forms in which ciphertexts lie on the chain, both of fixed length and canonical.

A payload, version 2, is what people send: ``ASYP`` | version u8 | preset u8 | ciphertext count K u16 | for
each ciphertext polynomial 0, then 1 | for each polynomial its residues modulo prime 0, then prime 1: N words
of 64 bits in SEAL's NTT order | the proof of plaintext knowledge (`assay.crypto.proof`). Integers are little
endian. Every residue is below its prime and no polynomial is zero, so that one ciphertext has one encoding
and SEAL never sees anything else. The proof's length follows from preset and K.

Ciphertexts that the chain makes itself, sums and a key's self-test, need no proof: ``ASYC`` | version u8 = 1
| then as above, without one. Nobody can send them.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

import numpy as np

from assay.crypto.errors import CryptoError, PresetError
from assay.crypto.presets import Preset, by_wire_id
from assay.crypto.proof.encryption import proof_bytes
from assay.crypto.ring import cipher_ring
from assay.crypto.ring.tables import U64

MAGIC: Final = b"ASYP"
VERSION: Final = 2
OWN_MAGIC: Final = b"ASYC"
OWN_VERSION: Final = 1
HEADER: Final = struct.Struct("<4sBBH")


class Payload(NamedTuple):
    """A payload taken apart.

    Attributes
    ----------
    ciphertexts
        uint64, shape (K, 2, 2, N): ciphertext, polynomial, prime, residue; a read-only view.
    proof
        As long as it must be, and not verified yet.
    """

    ciphertexts: U64
    proof: bytes


class PayloadError(CryptoError, ValueError):
    """A payload that is not accepted; each reason has a subclass."""


class BadMagic(PayloadError):
    """The bytes do not start as a payload does."""


class UnknownVersion(PayloadError):
    """A version of the format that is not spoken here."""


class WrongPreset(PayloadError):
    """Another preset than the chain's, or none."""


class WrongCount(PayloadError):
    """Another number of ciphertexts than this round's submissions have."""


class WrongLength(PayloadError):
    """Not exactly as long as preset and count say."""


class ResidueOutOfRange(PayloadError):
    """A residue that is not below its prime."""


class ZeroPolynomial(PayloadError):
    """A polynomial all of whose residues are zero."""


def payload_bytes(preset: Preset, count: int) -> int:
    """Length of a payload of `count` ciphertexts."""
    return HEADER.size + count * preset.ciphertext_bytes + proof_bytes(preset, count)


# --- what people send --------------------------------------------------------


def encode(ciphertexts: U64, proof: bytes, preset: Preset) -> bytes:
    """Encode ciphertexts, uint64 of shape (K, 2, 2, N), K from 1 to 65535, and their proof.

    Raises
    ------
    PayloadError
        What was given would be refused by `parse`.
    """
    header = HEADER.pack(MAGIC, VERSION, preset.wire_id, len(ciphertexts))
    data = header + _words(ciphertexts) + proof
    parse(data, preset, len(ciphertexts))
    return data


def check_header(data: bytes, preset: Preset, count: int) -> None:
    """Check everything that can be told from the first eight bytes and the length, without reading on.

    Raises
    ------
    BadMagic, UnknownVersion, WrongPreset, WrongCount, WrongLength
    """
    if len(data) < HEADER.size:
        raise WrongLength(f"a payload has at least {HEADER.size} bytes, this one has {len(data)}")
    magic, version, wire_id, found = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise BadMagic(f"a payload starts with {MAGIC.hex()}, this one with {magic.hex()}")
    if version != VERSION:
        raise UnknownVersion(f"payload version {version} is unknown here; send version {VERSION}")
    if wire_id != preset.wire_id:
        raise WrongPreset(
            f"the preset must be {preset.name} ({preset.wire_id}), this payload has {_name(wire_id)}"
        )
    if found != count or count < 1:
        raise WrongCount(f"a submission to this round has {count} ciphertexts, this payload has {found}")
    expected = payload_bytes(preset, count)
    if len(data) != expected:
        raise WrongLength(
            f"a payload of {count} ciphertexts and their proof has {expected} bytes, this one has {len(data)}"
        )


def parse(data: bytes, preset: Preset, count: int) -> Payload:
    """Parse a payload from a stranger and check everything but its proof.

    Parameters
    ----------
    data : bytes
        Any bytes; their length is checked before anything else is read.
    preset : Preset
        The chain's preset.
    count : int
        Ciphertexts that a submission must have here.

    Raises
    ------
    PayloadError
        The subclass names the reason.
    """
    check_header(data, preset, count)
    residues = _residues(data, preset, count)
    # The maximum answers both questions in one pass.
    largest = residues.max(axis=-1)
    if (largest >= cipher_ring(preset).tables.q).any():
        raise ResidueOutOfRange(
            "a residue of the payload is not below its prime; encrypt again with this client"
        )
    if not largest.any(axis=-1).all():
        raise ZeroPolynomial("a polynomial of the payload is zero; encrypt again with this client")
    return Payload(residues, data[HEADER.size + count * preset.ciphertext_bytes :])


# --- what the chain makes ----------------------------------------------------


def encode_own(ciphertexts: U64, preset: Preset) -> bytes:
    """Encode ciphertexts that the chain has made itself, shape (K, 2, 2, N); nothing is judged."""
    return HEADER.pack(OWN_MAGIC, OWN_VERSION, preset.wire_id, len(ciphertexts)) + _words(ciphertexts)


def ciphertexts_of(data: bytes, preset: Preset, count: int) -> U64:
    """Return the ciphertexts of bytes that the state keeps, in either form: uint64, shape (count, 2, 2, N).

    Raises
    ------
    PayloadError
        Bytes that the state should never have kept.
    """
    if data[: len(OWN_MAGIC)] != OWN_MAGIC:
        return parse(data, preset, count).ciphertexts
    expected = HEADER.pack(OWN_MAGIC, OWN_VERSION, preset.wire_id, count)
    length = HEADER.size + count * preset.ciphertext_bytes
    if data[: HEADER.size] != expected or len(data) != length:
        raise WrongLength(f"the chain's own {count} ciphertexts have {length} bytes after another header")
    return _residues(data, preset, count)


def _words(ciphertexts: U64) -> bytes:
    return np.ascontiguousarray(ciphertexts, dtype="<u8").tobytes()


def _residues(data: bytes, preset: Preset, count: int) -> U64:
    words = count * preset.ciphertext_bytes // 8
    residues = np.frombuffer(data, dtype="<u8", offset=HEADER.size, count=words)
    return residues.reshape(count, 2, len(preset.cipher_primes), preset.degree)


def _name(wire_id: int) -> str:
    try:
        return f"{by_wire_id(wire_id).name} ({wire_id})"
    except PresetError:
        return f"unknown preset {wire_id}"
