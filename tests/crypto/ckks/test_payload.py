"""Payload v2: one encoding, and a reason for each refusal; the chain's own ciphertexts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto.ckks import payload
from assay.crypto.ckks.payload import (
    BadMagic,
    PayloadError,
    ResidueOutOfRange,
    UnknownVersion,
    WrongCount,
    WrongLength,
    WrongPreset,
    ZeroPolynomial,
)
from assay.crypto.presets import SMALL, STANDARD, Preset, by_name
from assay.crypto.proof import proof_bytes
from assay.crypto.ring.tables import U64

STEP = 0x9E3779B97F4A7C15


def numbered(preset: Preset, count: int) -> U64:
    """The residues of tests/vectors/payload.json: the k-th is ``k * STEP`` modulo its prime."""
    out = np.empty((count, 2, 2, preset.degree), dtype=np.uint64)
    numbers = iter(range(1, out.size + 1))
    for ciphertext in out:
        for polynomial in ciphertext:
            for row, q in zip(polynomial, preset.cipher_primes, strict=True):
                row[:] = [next(numbers) * STEP % q for _ in range(preset.degree)]
    return out


def test_vectors(repository: Path) -> None:
    for case in json.loads((repository / "tests/vectors/payload.json").read_text())["cases"]:
        preset, count = by_name(case["preset"]), case["ciphertexts"]
        residues = numbered(preset, count)
        proof = bytes(k * 59 % 256 for k in range(1, proof_bytes(preset, count) + 1))
        data = payload.encode(residues, proof, preset)
        assert data[:8].hex() == case["header"]
        assert len(data) == case["length"] == payload.payload_bytes(preset, count)
        assert hashlib.sha256(data).hexdigest() == case["sha256"]
        parsed = payload.parse(data, preset, count)
        assert np.array_equal(parsed.ciphertexts, residues)
        assert parsed.proof == proof


def test_sizes(preset: Preset) -> None:
    assert payload.payload_bytes(preset, 1) == 8 + preset.ciphertext_bytes + proof_bytes(preset, 1)
    assert payload.payload_bytes(STANDARD, 1) == 316_968


PROOF = b"\x07" * proof_bytes(SMALL, 2)
GOOD = payload.encode(numbered(SMALL, 2), PROOF, SMALL)


def with_word(index: int, value: int) -> bytes:
    start = payload.HEADER.size + 8 * index
    return GOOD[:start] + value.to_bytes(8, "little") + GOOD[start + 8 :]


def with_zero_polynomial(index: int) -> bytes:
    start = payload.HEADER.size + index * SMALL.polynomial_bytes
    return GOOD[:start] + bytes(SMALL.polynomial_bytes) + GOOD[start + SMALL.polynomial_bytes :]


WORDS = 2 * 2 * 2 * SMALL.degree
HOSTILE: dict[str, tuple[Callable[[], bytes], type[PayloadError]]] = {
    "empty": (lambda: b"", WrongLength),
    "header cut": (lambda: GOOD[:7], WrongLength),
    "header only": (lambda: GOOD[:8], WrongLength),
    "one byte short": (lambda: GOOD[:-1], WrongLength),
    "one word short": (lambda: GOOD[:-8], WrongLength),
    "one byte long": (lambda: GOOD + b"\0", WrongLength),
    "one ciphertext long": (lambda: GOOD + GOOD[8 : 8 + SMALL.ciphertext_bytes], WrongLength),
    "magic": (lambda: b"ASYQ" + GOOD[4:], BadMagic),
    "protobuf in its place": (lambda: b"\n\x04test" * 100, BadMagic),
    "SEAL object in its place": (lambda: b"\x5e\xa1\x10\x04" + GOOD[4:], BadMagic),
    "version 0": (lambda: GOOD[:4] + b"\0" + GOOD[5:], UnknownVersion),
    "version 1": (lambda: GOOD[:4] + b"\1" + GOOD[5:], UnknownVersion),
    "version 1, without a proof": (lambda: GOOD[:4] + b"\1" + GOOD[5 : -len(PROOF)], UnknownVersion),
    "no proof": (lambda: GOOD[: -len(PROOF)], WrongLength),
    "the chain's own ciphertexts": (lambda: payload.encode_own(numbered(SMALL, 2), SMALL), BadMagic),
    "preset standard": (lambda: GOOD[:5] + b"\1" + GOOD[6:], WrongPreset),
    "preset 0": (lambda: GOOD[:5] + b"\0" + GOOD[6:], WrongPreset),
    "preset 3": (lambda: GOOD[:5] + b"\3" + GOOD[6:], WrongPreset),
    "count 0": (lambda: GOOD[:6] + b"\0\0" + GOOD[8:], WrongCount),
    "count 1": (lambda: GOOD[:6] + b"\1\0" + GOOD[8:], WrongCount),
    "count 512, big endian 2": (lambda: GOOD[:6] + b"\0\2" + GOOD[8:], WrongCount),
    "first residue is the prime": (lambda: with_word(0, SMALL.primes[0]), ResidueOutOfRange),
    "a residue of prime 1 in the place of prime 0": (
        lambda: with_word(5, SMALL.primes[1] - 1),
        ResidueOutOfRange,
    ),
    "last residue is the prime": (lambda: with_word(WORDS - 1, SMALL.primes[1]), ResidueOutOfRange),
    "last residue is all ones": (lambda: with_word(WORDS - 1, 2**64 - 1), ResidueOutOfRange),
    "first polynomial zero": (lambda: with_zero_polynomial(0), ZeroPolynomial),
    "second polynomial zero": (lambda: with_zero_polynomial(1), ZeroPolynomial),
    "last polynomial zero": (lambda: with_zero_polynomial(3), ZeroPolynomial),
}


@pytest.mark.parametrize(("make", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_payloads_are_refused_each_with_its_reason(
    make: Callable[[], bytes], reason: type[PayloadError]
) -> None:
    with pytest.raises(reason) as refused:
        payload.parse(make(), SMALL, 2)
    assert type(refused.value) is reason
    assert len(str(refused.value)) < 120


def test_residues_just_below_their_primes_are_accepted() -> None:
    payload.parse(with_word(0, SMALL.primes[0] - 1), SMALL, 2)
    payload.parse(with_word(WORDS - 1, SMALL.primes[1] - 1), SMALL, 2)


def test_a_polynomial_zero_modulo_one_prime_only_is_not_zero() -> None:
    residues = numbered(SMALL, 1)
    residues[0, 1, 0] = 0
    payload.encode(residues, bytes(proof_bytes(SMALL, 1)), SMALL)


def test_another_expected_count_or_preset_is_refused() -> None:
    with pytest.raises(WrongCount):
        payload.parse(GOOD, SMALL, 1)
    with pytest.raises(WrongPreset, match="must be standard"):
        payload.parse(GOOD, STANDARD, 2)


def test_encode_refuses_what_parse_refuses() -> None:
    zeros = np.zeros((1, 2, 2, SMALL.degree), dtype=np.uint64)
    with pytest.raises(ZeroPolynomial):
        payload.encode(zeros, bytes(proof_bytes(SMALL, 1)), SMALL)
    with pytest.raises(WrongLength):
        payload.encode(numbered(SMALL, 2), PROOF[:-1], SMALL)
    with pytest.raises(PayloadError):
        payload.encode(numbered(SMALL, 1)[:0], b"", SMALL)


@given(st.binary(max_size=64))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(PayloadError):
        payload.parse(data, SMALL, 1)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_what_is_accepted_encodes_to_itself(position: int, flip: int) -> None:
    """One changed byte gives a refusal or another payload: no two byte strings mean the same."""
    changed = bytearray(GOOD)
    changed[position] ^= flip
    try:
        parsed = payload.parse(bytes(changed), SMALL, 2)
    except PayloadError:
        return
    assert payload.encode(*parsed, SMALL) == bytes(changed) != GOOD


def test_the_length_is_checked_before_anything_is_read() -> None:
    """A count that would need 16 GB costs nothing."""
    huge = GOOD[:6] + b"\xff\xff" + GOOD[8:]
    with pytest.raises(WrongLength, match=str(payload.payload_bytes(SMALL, 65535))):
        payload.parse(huge, SMALL, 65535)


def test_parsed_residues_are_a_view_that_cannot_be_written() -> None:
    residues = payload.parse(GOOD, SMALL, 2).ciphertexts
    with pytest.raises(ValueError, match="read-only"):
        residues[0, 0, 0, 0] = 1


OWN = payload.encode_own(numbered(SMALL, 2), SMALL)


def test_what_the_state_keeps_is_read_in_either_form() -> None:
    for data in (GOOD, OWN):
        assert np.array_equal(payload.ciphertexts_of(data, SMALL, 2), numbered(SMALL, 2))


def test_the_chains_own_ciphertexts_may_be_zero() -> None:
    """A sum of updates that cancel is the chain's affair, and no stranger's."""
    zeros = np.zeros((1, 2, 2, SMALL.degree), dtype=np.uint64)
    assert not payload.ciphertexts_of(payload.encode_own(zeros, SMALL), SMALL, 1).any()


@pytest.mark.parametrize(
    "data",
    [
        OWN[:-8],
        OWN + bytes(8),
        OWN[:4] + b"\2" + OWN[5:],
        OWN[:5] + b"\1" + OWN[6:],
        OWN[:6] + b"\1" + OWN[7:],
    ],
    ids=["short", "long", "version", "preset", "count"],
)
def test_damaged_ciphertexts_of_the_chain_are_noticed(data: bytes) -> None:
    with pytest.raises(WrongLength):
        payload.ciphertexts_of(data, SMALL, 2)
