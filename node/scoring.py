"""When scoring jobs are computed: ahead of need in the background, or at once when a block needs them.

What a job gives is a function of the bytes it names (`assay.crypto.scoring_job`).
Whether it was computed ahead, where, how often, and what is remembered can
change only the time a block takes.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import numpy as np
import structlog

from assay.crypto.presets import by_wire_id
from assay.crypto.ring.tables import U64
from assay.crypto.scoring_job import JobResult, ProductJob
from assay.node.workers.jobs import SCORE, ScoreOrder, from_parts
from assay.node.workers.pool import WorkerFailed
from assay.node.workers.seats import Task
from assay.proto.state_pb2 import Params
from assay.state.overlay import Overlay
from assay.state.scoring_queue import Place, ScoringJob, due_jobs

_log = structlog.get_logger(__name__)

BLOCKS_AHEAD: Final = 2
"""Blocks' worth of work that is begun before it is due."""
RESULTS_KEPT: Final = 1 << 14
"""Constants and digests remembered, about 100 bytes each."""


class BytesMissing(RuntimeError):
    """Bytes a job names are not kept any more: the round or key it belonged to has ended."""


class Workers(Protocol):
    """What computes tasks; see `assay.node.workers.pool.WorkerPool`."""

    def submit(self, task: Task) -> asyncio.Future[tuple[bytes, ...]]:
        """Have a task computed."""
        ...


class ScoringScheduler:
    """Has scoring jobs computed.

    Parameters
    ----------
    workers
        The worker processes.
    c1_bytes
        How much of the second polynomials is kept for this node's shares, at 128 KiB each with preset
        `standard`; 0 for a node that sits on no committee.
    """

    def __init__(self, workers: Workers, c1_bytes: int = 128 << 20) -> None:
        self._workers = workers
        self._running: dict[ScoreOrder, asyncio.Future[tuple[bytes, ...]]] = {}
        self._results: OrderedDict[ScoreOrder, tuple[int, bytes]] = OrderedDict()
        self._c1: OrderedDict[ScoreOrder, bytes] = OrderedDict()
        self._c1_room = c1_bytes
        self._want_c1 = c1_bytes > 0

    def look_ahead(self, view: Overlay, params: Params) -> None:
        """Begin what the next blocks need.

        Parameters
        ----------
        view
            An overlay over the state just committed.
        params
            The parameters in force.
        """
        for job in due_jobs(view, params, BLOCKS_AHEAD):
            self._have(view, job)

    async def results(self, view: Overlay, jobs: Sequence[ScoringJob]) -> dict[int, tuple[int, bytes]]:
        """Return what a block's jobs give, computing what is missing.

        Parameters
        ----------
        view
            An overlay over the state before the block.
        jobs
            The jobs due in it.

        Returns
        -------
        dict
            In the order of `jobs`: opening id to constant coefficient in [0, Q) and digest of c1.

        Raises
        ------
        WorkerFailed
            If it cannot be computed: the node must stop, and no result is made up.
        """
        for job in jobs:  # all of them at once, so that no worker waits for another's result
            self._have(view, job)
        return {job.opening: await self._result(view, job) for job in jobs}

    async def c1(self, view: Overlay, job: ScoringJob) -> U64:
        """Return a job's second polynomial, from memory or computed again.

        Returns
        -------
        uint64, shape (2, N)
            Residues in NTT form; a view that may not be written to.

        Raises
        ------
        WorkerFailed, BytesMissing
        """
        order = ScoreOrder.of(job, want_c1=True)
        if order in self._c1:
            self._c1.move_to_end(order)
            data = self._c1[order]
        else:
            data = (await self._computed(view, order, job)).c1
        preset = by_wire_id(job.preset)
        return np.frombuffer(data, dtype="<u8").reshape(len(preset.cipher_primes), preset.degree)

    async def _result(self, view: Overlay, job: ScoringJob) -> tuple[int, bytes]:
        order = self._order(job)
        if order in self._results:
            return self._results[order]
        found = await self._computed(view, order, job)
        return found.constant, found.digest

    async def _computed(self, view: Overlay, order: ScoreOrder, job: ScoringJob) -> JobResult:
        future = self._running.get(order) or self._begin(view, order, job)
        await asyncio.wait([future])  # others may wait for it too, so it is not cancelled with us
        if isinstance(future.exception(), BytesMissing):  # begun with an earlier view than ours
            future = self._begin(view, order, job)
            await asyncio.wait([future])
        return from_parts(future.result())

    # ---- computing ----

    def _order(self, job: ScoringJob) -> ScoreOrder:
        return ScoreOrder.of(job, want_c1=self._want_c1)

    def _have(self, view: Overlay, job: ScoringJob) -> None:
        """Begin a job unless that was done already."""
        order = self._order(job)
        if order not in self._results and order not in self._running:
            self._begin(view, order, job)

    def _begin(self, view: Overlay, order: ScoreOrder, job: ScoringJob) -> asyncio.Future[tuple[bytes, ...]]:
        places = _places(order, job)

        def fetch(digest: bytes) -> bytes:
            data = view.get_bulk(*places[digest])
            if data is None:
                raise BytesMissing(f"bytes for opening {job.opening} are not kept any more")
            return data

        future = self._workers.submit(Task(SCORE, order.to_parts(), tuple(places), fetch))
        self._running[order] = future
        future.add_done_callback(lambda done: self._ended(order, done))
        return future

    def _ended(self, order: ScoreOrder, done: asyncio.Future[tuple[bytes, ...]]) -> None:
        """Keep what a job gave. An error is for whoever waits; if nobody does, whoever asks next meets it."""
        if self._running.get(order) is done:
            del self._running[order]
        if done.cancelled():
            return
        error = done.exception()
        if error is not None:
            _log.warning("scoring job not computed", reason=str(error), fatal=isinstance(error, WorkerFailed))
            return
        result = from_parts(done.result())
        self._results[order] = (result.constant, result.digest)
        if len(self._results) > RESULTS_KEPT:
            self._results.popitem(last=False)
        self._keep_c1(order, result.c1)

    def _keep_c1(self, order: ScoreOrder, c1: bytes) -> None:
        if c1 and order not in self._c1:
            self._c1[order] = c1
            self._c1_room -= len(c1)
        while self._c1_room < 0:
            self._c1_room += len(self._c1.popitem(last=False)[1])


def _places(order: ScoreOrder, job: ScoringJob) -> Mapping[bytes, Place]:
    """Return where the bytes that a job reads lie, by digest."""
    scored = [job.payload] if job.other is None else [job.payload, job.other]
    if isinstance(order.job, ProductJob):
        scored.append(job.relin_key)
    return {place[1]: place for place in scored}
