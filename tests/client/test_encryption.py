"""What a client encrypts it also proves, for this sender and round alone, with or without numba."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.client.encryption import EncryptionKey, encrypt_contribution, encrypt_reference
from assay.crypto.ckks import payload
from assay.crypto.ckks.packing import PackingError
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.public_key import common_polynomial
from assay.crypto.presets import SMALL, STANDARD, Preset
from assay.crypto.proof import Context, verify
from assay.crypto.proof.errors import ChallengeMismatch
from assay.crypto.ring import Stream, cipher_ring

ROUND, SENDER = 7, b"s" * 20


def encryption_key(preset: Preset) -> EncryptionKey:
    name, ring, stream = (
        CommitteeKey("assay-test", 3, preset, 4),
        cipher_ring(preset),
        Stream(b"test", b"key"),
    )
    masked = ring.mul(common_polynomial(name), ring.encode(stream.ternary(preset.degree)))
    p0 = ring.neg(ring.add(masked, ring.encode(stream.error(preset.degree))))
    return EncryptionKey(name, p0, hashlib.sha256(p0.astype("<u8").tobytes()).digest())


def check(key: EncryptionKey, data: bytes, count: int, **changed: Any) -> None:
    """Verify a payload as the chain does, or in another context."""
    preset, parsed = key.name.preset, payload.parse(data, key.name.preset, count)
    context = replace(Context.submission("assay-test", ROUND, SENDER, 3, key.digest), **changed)
    verify(preset, (key.p0, common_polynomial(key.name)), parsed.ciphertexts, context, parsed.proof)


@pytest.mark.parametrize("preset", [STANDARD, SMALL], ids=["standard", "small"])
@pytest.mark.parametrize("count", [1, 2])
def test_a_contribution_is_proven_for_its_sender_and_round(preset: Preset, count: int) -> None:
    key, update = encryption_key(preset), np.random.default_rng(1).normal(size=count * preset.capacity)
    data = encrypt_contribution(key, update, ROUND, SENDER)
    check(key, data, count)
    for changed in ({"round_id": 8}, {"sender": b"t" * 20}, {"key_id": 4}, {"chain_id": "other"}):
        with pytest.raises(ChallengeMismatch):
            check(key, data, count, **changed)


def test_a_reference_is_proven_for_its_owner_and_is_no_contribution() -> None:
    key = encryption_key(SMALL)
    data = encrypt_reference(key, np.ones(5), SENDER)
    check(key, data, 1, purpose=2, round_id=0)
    with pytest.raises(ChallengeMismatch):
        check(key, data, 1)


@pytest.mark.parametrize("update", [np.ones(1), np.ones(2047), np.eye(1, 2047)[0], 1e-200 * np.ones(3)])
def test_every_update_that_can_be_encrypted_can_be_proven(update: Any) -> None:
    """Rounding to fixed point may make it a little longer than 1."""
    key = encryption_key(SMALL)
    check(key, encrypt_contribution(key, update, ROUND, SENDER), 1)


def test_the_same_update_is_never_encrypted_the_same_way() -> None:
    key = encryption_key(SMALL)
    first, second = (encrypt_contribution(key, np.ones(5), ROUND, SENDER) for _ in range(2))
    start = payload.HEADER.size + SMALL.ciphertext_bytes
    assert first[8:start] != second[8:start]
    assert first[start:] != second[start:]


def test_an_update_of_nothing_is_refused() -> None:
    with pytest.raises(PackingError):
        encrypt_contribution(encryption_key(SMALL), np.zeros(5), ROUND, SENDER)


WITHOUT_NUMBA = """
import pickle, sys
sys.modules["numba"] = None
import numpy as np
from assay.client.encryption import encrypt_contribution
from assay.crypto.proof import kernels
assert not kernels.COMPILED
key = pickle.load(open(sys.argv[1], "rb"))
open(sys.argv[2], "wb").write(encrypt_contribution(key, np.arange(1.0, 50.0), 7, b"s" * 20))
"""


def test_a_client_needs_no_numba(tmp_path: Path) -> None:
    key, given, made = encryption_key(STANDARD), tmp_path / "key", tmp_path / "payload"
    given.write_bytes(pickle.dumps(key))
    subprocess.run([sys.executable, "-c", WITHOUT_NUMBA, given, made], check=True, timeout=100)
    check(key, made.read_bytes(), 1)
