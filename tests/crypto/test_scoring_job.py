"""Scoring jobs: results are functions of the named bytes, whatever the caches hold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.crypto import scoring, scoring_job
from assay.crypto.ckks import packing, payload
from assay.crypto.ckks.payload import WrongLength
from assay.crypto.presets import SMALL
from assay.crypto.scoring_job import Job, JobResult, LengthJob, ProductJob, ScoringWorker

COIN, SENDER = bytes(range(32)), bytes(range(20))
COUNT = 2


class Store:
    """Bytes under their digests, and a record of what was asked for."""

    def __init__(self) -> None:
        self._blobs: dict[bytes, bytes] = {}
        self.fetched: list[bytes] = []

    def put(self, data: bytes) -> bytes:
        digest = hashlib.sha256(data).digest()
        self._blobs[digest] = data
        return digest

    def get(self, digest: bytes) -> bytes:
        self.fetched.append(digest)
        return self._blobs[digest]


@pytest.fixture
def preset() -> Any:
    return SMALL


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def relin_key(store: Store, key_pair: Any) -> bytes:
    return store.put(key_pair.relin_key.astype("<u8").tobytes())


@pytest.fixture
def submissions(
    store: Store, key_pair: Any, updates: Callable[[int, int], NDArray[np.float64]]
) -> list[bytes]:
    values = [packing.quantise(u, SMALL) for u in updates(5, COUNT * SMALL.capacity)]
    return [store.put(key_pair.encrypt(v, bytes([i]))) for i, v in enumerate(values)]


def jobs(relin_key: bytes, submissions: list[bytes]) -> list[Job]:
    """Every kind of job, for every submission."""
    reference, *others = submissions
    made: list[Job] = []
    for digest in others:
        made += [LengthJob(digest, COUNT, COIN, SENDER, k) for k in range(2)]
        made.append(ProductJob(relin_key, digest, (digest,), COUNT))
        made.append(ProductJob(relin_key, digest, (reference,), COUNT))
        made.append(ProductJob(relin_key, digest, tuple(others), COUNT))
    return made


def run(worker: ScoringWorker, store: Store, jobs: list[Job]) -> list[JobResult]:
    return [worker.run(job, store.get) for job in jobs]


def test_results_do_not_depend_on_caches_or_order(
    store: Store, relin_key: bytes, submissions: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    todo = jobs(relin_key, submissions)
    worker = ScoringWorker(SMALL)
    first = run(worker, store, todo)
    assert run(worker, store, todo) == first
    assert run(ScoringWorker(SMALL), store, todo[::-1])[::-1] == first
    monkeypatch.setattr(scoring_job, "CACHED_CIPHERTEXTS", 1)
    monkeypatch.setattr(scoring_job, "CACHED_KEYS", 1)
    monkeypatch.setattr(scoring_job, "CACHED_SUMS", 1)
    assert run(ScoringWorker(SMALL), store, todo) == first
    assert len({result.digest for result in first}) == len(first)


def test_results_are_those_of_scoring(
    store: Store, relin_key: bytes, submissions: list[bytes], key_pair: Any
) -> None:
    worker = ScoringWorker(SMALL)
    result = worker.run(LengthJob(submissions[0], COUNT, COIN, SENDER, 3), store.get)
    residues = payload.ciphertexts_of(store.get(submissions[0]), SMALL, COUNT)
    expected = scoring.length_product(residues, COIN, SENDER, 3, SMALL)
    assert result == JobResult(expected.constant, expected.c1_bytes, expected.digest)
    assert hashlib.sha256(result.c1).digest() == result.digest
    norm = worker.run(ProductJob(relin_key, submissions[0], (submissions[0],), COUNT), store.get)
    c1 = np.frombuffer(norm.c1, dtype="<u8").reshape(key_pair.ring.shape)
    assert abs(key_pair.open(norm.constant, c1) / SMALL.unit - 1) < 1e-4


def test_what_is_cached_is_not_fetched_again(
    store: Store, relin_key: bytes, submissions: list[bytes]
) -> None:
    worker, todo = ScoringWorker(SMALL), jobs(relin_key, submissions)
    run(worker, store, todo)
    assert sorted(store.fetched) == sorted([relin_key, *submissions])
    run(worker, store, todo)
    assert len(store.fetched) == 1 + len(submissions)


def test_caches_are_bounded(store: Store, submissions: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring_job, "CACHED_CIPHERTEXTS", 2 * COUNT)
    worker = ScoringWorker(SMALL)
    for digest in submissions:
        worker.run(LengthJob(digest, COUNT, COIN, SENDER, 0), store.get)
    store.fetched.clear()
    worker.run(LengthJob(submissions[-1], COUNT, COIN, SENDER, 1), store.get)
    worker.run(LengthJob(submissions[-2], COUNT, COIN, SENDER, 1), store.get)
    assert store.fetched == []
    worker.run(LengthJob(submissions[0], COUNT, COIN, SENDER, 1), store.get)
    assert store.fetched == [submissions[0]]


def test_bytes_that_state_should_not_have_kept_are_refused(store: Store, submissions: list[bytes]) -> None:
    worker = ScoringWorker(SMALL)
    with pytest.raises(WrongLength):
        worker.run(LengthJob(submissions[0], COUNT + 1, COIN, SENDER, 0), store.get)
    short = store.put(b"short")
    with pytest.raises(ValueError, match=r"reshape|buffer"):
        worker.run(ProductJob(short, submissions[0], (submissions[0],), COUNT), store.get)


def test_jobs_and_results_travel_between_processes(
    store: Store, relin_key: bytes, submissions: list[bytes]
) -> None:
    import pickle

    for job in jobs(relin_key, submissions)[:4]:
        result = ScoringWorker(SMALL).run(job, store.get)
        assert pickle.loads(pickle.dumps((job, result))) == (job, result)
