"""A proof's verdict follows from what its job names, whatever was verified before."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from assay.crypto.ckks import packing, payload
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.ckks.payload import PayloadError
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.public_key import common_polynomial
from assay.crypto.presets import Preset
from assay.crypto.proof import Context, prove
from assay.crypto.proof.errors import ChallengeMismatch, ResponseOutOfRange
from assay.crypto.proof_job import ProofJob, ProofWorker
from assay.crypto.ring import Stream, cipher_ring


class Made:
    """A payload under a key of a committee of four, and the job of its proof."""

    def __init__(self, preset: Preset, key_id: int = 5) -> None:
        name, ring, stream = (
            CommitteeKey("assay-test", key_id, preset, 4),
            cipher_ring(preset),
            Stream(b"t", b"k"),
        )
        p1 = common_polynomial(name)
        masked = ring.mul(p1, ring.encode(stream.ternary(preset.degree)))
        key = (ring.neg(ring.add(masked, ring.encode(stream.error(preset.degree)))), p1)
        p0 = key[0].astype("<u8").tobytes()
        digest = hashlib.sha256(p0).digest()
        context = Context.submission("assay-test", 3, bytes(20), key_id, digest)
        message = packing.pack(packing.quantise(np.arange(1.0, 9.0), preset), preset)
        ciphertexts, drawn = encrypt(message, *key, preset, bytes(32))
        proof = prove(preset, key, ciphertexts, message, drawn, context, bytes(32))
        data = payload.encode(ciphertexts, proof, preset)
        self.bulk = {digest: p0, b"payload": data}
        self.job = ProofJob(preset.wire_id, 4, 1, context, b"payload")

    def changed(self, place: int, values: bytes) -> dict[bytes, bytes]:
        data = bytearray(self.bulk[b"payload"])
        data[place : place + len(values)] = values
        return {**self.bulk, b"payload": bytes(data)}


def test_a_good_proof_holds_and_a_changed_one_does_not(preset: Preset) -> None:
    worker, made = ProofWorker(), Made(preset)
    for _ in range(2):
        assert worker.run(made.job, made.bulk.__getitem__) is None
        changed = made.changed(payload.HEADER.size + preset.ciphertext_bytes, b"\1")
        assert isinstance(worker.run(made.job, changed.__getitem__), ChallengeMismatch)
    last = made.changed(len(made.bulk[b"payload"]) - 9, b"\xff" * 9)
    assert isinstance(worker.run(made.job, last.__getitem__), ResponseOutOfRange)


def test_the_committees_size_is_in_the_keys_name(preset: Preset) -> None:
    made = Made(preset)
    other = replace(made.job, members=7)
    assert isinstance(ProofWorker().run(other, made.bulk.__getitem__), ChallengeMismatch)


def test_keys_are_told_apart_by_name_and_bytes(preset: Preset) -> None:
    """What is kept of one key is never used for another."""
    worker, first, second = ProofWorker(), Made(preset), Made(preset, key_id=6)
    for made in (first, second, first):
        assert worker.run(made.job, made.bulk.__getitem__) is None
    digest = hashlib.sha256(b"other bytes").digest()
    elsewhere = replace(first.job, context=replace(first.job.context, key_digest=digest))
    given = {**first.bulk, digest: next(iter(second.bulk.values()))}
    assert worker.run(elsewhere, given.__getitem__) is not None
    assert worker.run(first.job, first.bulk.__getitem__) is None


def test_a_key_is_fetched_once(preset: Preset) -> None:
    worker, made, fetched = ProofWorker(), Made(preset), list[bytes]()

    def fetch(digest: bytes) -> Any:
        fetched.append(digest)
        return made.bulk[digest]

    for _ in range(3):
        worker.run(made.job, fetch)
    assert len(fetched) == 1 + 3


def test_a_payload_whose_form_nobody_has_checked_is_a_fault(preset: Preset) -> None:
    made = Made(preset)
    cut = {**made.bulk, b"payload": made.bulk[b"payload"][:-1]}
    with pytest.raises(PayloadError):
        ProofWorker().run(made.job, cut.__getitem__)
