"""SEAL objects built here are those SEAL itself would write, and SEAL reads them."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tenseal import sealapi

from assay.crypto.ckks import seal
from assay.crypto.presets import Preset, by_name
from assay.crypto.ring.tables import U64

STEP = 0x9E3779B97F4A7C15


def numbered(primes: tuple[int, ...], degree: int, shape: tuple[int, ...]) -> U64:
    out = np.empty((*shape, len(primes), degree), dtype=np.uint64)
    numbers = iter(range(1, out.size + 1))
    for polynomial in out.reshape(-1, len(primes), degree):
        for row, q in zip(polynomial, primes, strict=True):
            row[:] = [next(numbers) * STEP % q for _ in range(degree)]
    return out


def objects(preset: Preset) -> dict[str, bytes]:
    return {
        "parameters": seal.parameters(preset),
        "ciphertext": seal.ciphertext(preset, numbered(preset.cipher_primes, preset.degree, (2,))),
        "public_key": seal.public_key(preset, numbered(preset.primes, preset.degree, (2,))),
        "relin_keys": seal.relin_keys(preset, numbered(preset.primes, preset.degree, (2, 2))),
    }


def test_vectors(repository: Path) -> None:
    for case in json.loads((repository / "tests/vectors/seal.json").read_text())["cases"]:
        preset = by_name(case["preset"])
        assert seal.parms_id(preset, preset.cipher_primes).hex() == case["parms_id"]["ciphertext"]
        assert seal.parms_id(preset, preset.primes).hex() == case["parms_id"]["key"]
        for name, data in objects(preset).items():
            expected = case["objects"][name]
            assert len(data) == expected["length"]
            assert data[:121].hex() == expected["head"]
            assert hashlib.sha256(data).hexdigest() == expected["sha256"]


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


@pytest.fixture
def context(preset: Preset, tmp_path: Path) -> Any:
    parameters = sealapi.EncryptionParameters(sealapi.SCHEME_TYPE.CKKS)
    parameters.load(write(tmp_path / "parameters", seal.parameters(preset)))
    made = sealapi.SEALContext(parameters, True, sealapi.SEC_LEVEL_TYPE.TC128)
    assert made.parameters_set()
    return made


def test_seal_accepts_the_parameters_as_128_bits_secure(preset: Preset, context: Any) -> None:
    def as_bytes(parms_id: list[int]) -> bytes:
        return struct.pack("<4Q", *parms_id)

    assert as_bytes(context.first_parms_id()) == seal.parms_id(preset, preset.cipher_primes)
    assert as_bytes(context.key_parms_id()) == seal.parms_id(preset, preset.primes)
    assert context.using_keyswitching()


def test_seal_reads_every_residue_of_a_ciphertext(preset: Preset, context: Any, tmp_path: Path) -> None:
    residues = numbered(preset.cipher_primes, preset.degree, (2,))
    loaded = sealapi.Ciphertext()
    loaded.load(context, write(tmp_path / "ciphertext", seal.ciphertext(preset, residues)))
    assert (loaded.size(), loaded.coeff_modulus_size(), loaded.poly_modulus_degree()) == (2, 2, preset.degree)
    assert loaded.is_ntt_form()
    assert [loaded[i] for i in range(0, residues.size, 97)] == residues.ravel()[::97].tolist()


def test_seal_reads_keys(preset: Preset, context: Any, tmp_path: Path) -> None:
    made = objects(preset)
    public = sealapi.PublicKey()
    public.load(context, write(tmp_path / "public", made["public_key"]))
    assert struct.pack("<4Q", *public.parms_id()) == seal.parms_id(preset, preset.primes)
    relin = sealapi.RelinKeys()
    relin.load(context, write(tmp_path / "relin", made["relin_keys"]))
    assert relin.has_key(2)


def test_residues_of_another_shape_are_refused(preset: Preset) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        seal.ciphertext(preset, numbered(preset.primes, preset.degree, (2,)))
