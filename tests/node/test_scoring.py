"""Scoring results are a function of bytes: neither workers nor memory nor time can change them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from assay.crypto.ckks import payload
from assay.crypto.presets import SMALL
from assay.crypto.ring import cipher_ring, key_ring
from assay.crypto.scoring_job import LengthJob, ProductJob, ScoringWorker
from assay.node.scoring import BytesMissing, ScoringScheduler
from assay.node.workers.pool import PoolLimits, WorkerFailed, WorkerPool
from assay.node.workers.seats import Task
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Contribution, Counters, Key, Opening, Params, Round
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.scoring_queue import ScoringJob, due_jobs

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUND, KEY = 1, 1
SENDERS = [bytes([number]) * 20 for number in range(6)]


class Bulk:
    """A reader that has nothing but bulk bytes."""

    def __init__(self) -> None:
        self.bulk: dict[tuple[bytes, bytes], bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return None

    def iterate(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        yield from ()

    def get_bulk(self, scope: bytes, digest: bytes) -> bytes | None:
        return self.bulk.get((scope, digest))


def random_residues(seed: int, ring: Any, *shape: int) -> Any:
    rng = np.random.default_rng(seed)
    return np.stack(
        [rng.integers(1, q, (*shape, SMALL.degree), dtype=np.uint64) for q in ring.primes], axis=-2
    )


class Queue:
    """A state in which a round in scoring has asked for lengths, norms, alignments and aggregates."""

    def __init__(self) -> None:
        self.reader = Bulk()
        view = Overlay(self.reader)
        scope, ring = keys.round_scope(ROUND), cipher_ring(SMALL)
        stored = [
            view.put_bulk(scope, payload.encode_own(random_residues(seed, ring, 1, 2), SMALL))
            for seed in range(len(SENDERS) + 2)
        ]
        relin = random_residues(99, key_ring(SMALL), 2, 2).astype("<u8").tobytes()
        key = Key(id=KEY, preset=pb.PRESET_SMALL, relin_key=view.put_bulk(keys.key_scope(KEY), relin))
        view.save(keys.committee_key(KEY), key)
        round_ = Round(
            id=ROUND, key_id=KEY, ciphertexts=1, coin=bytes(32), reference=stored[-1], total=stored[-2]
        )
        view.save(keys.round_(ROUND), round_)
        for sender, digest in zip(SENDERS, stored, strict=False):
            contribution = Contribution(round_id=ROUND, sender=sender, payload=digest)
            view.save(keys.contribution(ROUND, sender), contribution)
        self.reader.bulk = dict(view.bulk_puts)
        self.view, self.asked = view, 0
        for sender in SENDERS:
            for check in range(3):
                self._ask(pb.OPENING_KIND_LENGTH, sender, check)
        for kind in (pb.OPENING_KIND_NORM, pb.OPENING_KIND_ALIGNMENT, pb.OPENING_KIND_AGGREGATE):
            for sender in SENDERS:
                self._ask(kind, sender)
        view.save(keys.COUNTERS, Counters(next_opening=self.asked + 1, next_job=1))

    def _ask(self, kind: pb.OpeningKind, sender: bytes, index: int = 0) -> None:
        self.asked += 1
        opening = Opening(id=self.asked, key_id=KEY, round_id=ROUND, kind=kind, sender=sender, index=index)
        self.view.save(keys.opening(self.asked), opening)

    def jobs(self) -> list[ScoringJob]:
        return due_jobs(self.view, Params(scoring_block_work=100_000))

    def expected(self) -> dict[int, tuple[int, bytes]]:
        """What the engine gives in this process, job by job."""
        worker, found = ScoringWorker(SMALL), {}
        held = {digest: data for (_, digest), data in self.view.bulk_puts.items()}
        for job in self.jobs():
            given: LengthJob | ProductJob
            if job.other is None:
                given = LengthJob(job.payload[1], 1, job.coin, job.contributor, job.check)
            else:
                given = ProductJob(job.relin_key[1], job.payload[1], (job.other[1],), 1)
            result = worker.run(given, held.__getitem__)
            found[job.opening] = (result.constant, result.digest)
        return found


@pytest.fixture(scope="module")
def queue() -> Queue:
    return Queue()


@pytest.fixture(scope="module")
def expected(queue: Queue) -> dict[int, tuple[int, bytes]]:
    return queue.expected()


@asynccontextmanager
async def pool_of(workers: int = 1, **limits: Any) -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(PoolLimits(workers=workers, **limits))
    await pool.start()
    try:
        yield pool
    finally:
        await pool.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[WorkerPool]:
    """One worker for all tests that do not harm it."""
    async with pool_of() as made:
        yield made


class CountingPool:
    """Passes tasks on and counts them."""

    def __init__(self, pool: WorkerPool) -> None:
        self.pool, self.count = pool, 0

    def submit(self, task: Task) -> asyncio.Future[tuple[bytes, ...]]:
        self.count += 1
        return self.pool.submit(task)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("c1_bytes", [0, 1, 1 << 24])
async def test_results_are_the_engines_whatever_is_remembered(
    queue: Queue, expected: dict[int, tuple[int, bytes]], workers: int, c1_bytes: int
) -> None:
    async with pool_of(workers, held_bytes=1 if c1_bytes == 1 else 1 << 24) as pool:
        scheduler = ScoringScheduler(pool, c1_bytes)
        found = await scheduler.results(queue.view, queue.jobs())
        assert list(found) == [job.opening for job in queue.jobs()]
        assert found == expected
        assert await scheduler.results(queue.view, queue.jobs()[::-1]) == expected


async def test_killed_and_delayed_workers_change_no_result(
    queue: Queue, expected: dict[int, tuple[int, bytes]], seed: int
) -> None:
    draws = np.random.default_rng(seed)
    async with pool_of(2, task_seconds=2) as pool:
        scheduler = ScoringScheduler(pool)
        os.kill(pool.pids[0], signal.SIGSTOP)
        waiting = asyncio.create_task(scheduler.results(queue.view, queue.jobs()))
        for sign in (signal.SIGKILL, signal.SIGSTOP, signal.SIGKILL):
            await asyncio.sleep(float(draws.random()) / 50)
            for pid in pool.pids[: int(draws.integers(0, 3))]:
                os.kill(pid, sign)
        assert await _despite_losses(scheduler, queue, waiting) == expected
        assert pool.restarts


async def _despite_losses(
    scheduler: ScoringScheduler, queue: Queue, waiting: asyncio.Task[dict[int, tuple[int, bytes]]]
) -> dict[int, tuple[int, bytes]]:
    """Wait; a task that was unlucky twice stops the node, and a node that starts again computes it."""
    try:
        return await waiting
    except WorkerFailed:
        return await scheduler.results(queue.view, queue.jobs())


async def test_what_was_computed_ahead_is_not_computed_again(
    queue: Queue, expected: dict[int, tuple[int, bytes]], pool: WorkerPool
) -> None:
    counting = CountingPool(pool)
    scheduler = ScoringScheduler(counting)
    params = Params(scoring_block_work=100_000)
    scheduler.look_ahead(queue.view, params)
    scheduler.look_ahead(queue.view, params)
    assert counting.count == queue.asked
    assert await scheduler.results(queue.view, queue.jobs()) == expected
    scheduler.look_ahead(queue.view, params)
    assert counting.count == queue.asked


async def test_looking_ahead_is_bounded(queue: Queue, pool: WorkerPool) -> None:
    counting = CountingPool(pool)
    ScoringScheduler(counting).look_ahead(queue.view, Params(scoring_block_work=4))
    assert counting.count == 8


async def test_second_polynomials_are_kept_or_computed_again(queue: Queue, pool: WorkerPool) -> None:
    counting, jobs = CountingPool(pool), queue.jobs()
    size = 2 * SMALL.degree * 8
    scheduler = ScoringScheduler(counting, c1_bytes=3 * size)
    results = await scheduler.results(queue.view, jobs)
    computed = counting.count
    for job in jobs:
        c1 = await scheduler.c1(queue.view, job)
        assert c1.shape == (2, SMALL.degree)
        assert hashlib.sha256(c1.astype("<u8").tobytes()).digest() == results[job.opening][1]
    assert counting.count == computed + len(jobs)
    for job in jobs[-3:]:
        await scheduler.c1(queue.view, job)
    assert counting.count == computed + len(jobs)


async def test_bytes_that_are_gone_are_an_error_and_no_result(queue: Queue) -> None:
    async with pool_of() as fresh:
        scheduler, job = ScoringScheduler(fresh), queue.jobs()[0]
        gone = Overlay(Bulk())
        with pytest.raises(BytesMissing):
            await scheduler.c1(gone, job)
        scheduler._begin(gone, scheduler._order(job), job)  # as if it had been begun before they went
        assert job.opening in await scheduler.results(queue.view, [job])


async def test_a_job_nobody_waits_for_any_more_is_there_for_others(
    queue: Queue, expected: dict[int, tuple[int, bytes]], pool: WorkerPool
) -> None:
    scheduler = ScoringScheduler(pool)
    impatient = asyncio.create_task(scheduler.results(queue.view, queue.jobs()))
    patient = asyncio.create_task(scheduler.results(queue.view, queue.jobs()))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == expected


async def test_without_workers_there_is_an_error_and_no_result(queue: Queue) -> None:
    async with pool_of() as pool:
        pass
    with pytest.raises(WorkerFailed):
        await ScoringScheduler(pool).results(queue.view, queue.jobs())
