"""Proofs of plaintext knowledge, verified in worker processes, each once.

A verdict is a function of what its job names (`assay.crypto.proof_job`):
chain, purpose, round, sender, key and payload. So verdicts are remembered by
the job, good ones and bad ones; what is remembered, and where a verdict was
worked out, can change only the time it takes.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from threading import Lock
from typing import Final

import structlog

from assay.crypto.proof_job import ProofJob, Verdict
from assay.node.scoring import Workers
from assay.node.workers.proof_orders import PROOF, to_parts, verdict_from_parts
from assay.node.workers.seats import Task
from assay.state.overlay import Overlay
from assay.state.proofs import ProofCheck, operands

_log = structlog.get_logger(__name__)

VERDICTS_KEPT: Final = 1 << 12
"""Verdicts remembered, about 500 bytes each."""


class ProofVerifier:
    """Has proofs verified; made on the event loop on which its workers answer.

    Parameters
    ----------
    workers
        The worker processes.
    capacity
        How many verdicts are remembered.
    """

    def __init__(self, workers: Workers, capacity: int = VERDICTS_KEPT) -> None:
        self._workers = workers
        self._capacity = capacity
        self._loop = asyncio.get_running_loop()
        self._lock = Lock()
        self._verdicts: OrderedDict[ProofJob, Verdict] = OrderedDict()
        self._running: dict[ProofJob, asyncio.Future[Verdict]] = {}

    def ask(self, view: Overlay, check: ProofCheck) -> asyncio.Future[Verdict]:
        """Have a proof verified unless its verdict is known; call it on the event loop.

        Returns
        -------
        Future of Verdict
            Shared by all who ask: wait for it with `asyncio.wait`, which does not cancel it. Its exception is
            `WorkerFailed` if there is no verdict, and none is made up; whoever asks again has it tried again.
        """
        running = self._running.get(check.job)
        return running or self._known(check.job) or self._begin(view, check)

    async def verdict(self, view: Overlay, check: ProofCheck) -> Verdict:
        """Return a verdict.

        Raises
        ------
        WorkerFailed
            If it cannot be worked out: the node must stop.
        """
        future = self.ask(view, check)
        await asyncio.wait([future])
        return future.result()

    async def verify_all(self, view: Overlay, checks: list[ProofCheck]) -> None:
        """Wait until all these verdicts are known; raises as `verdict` does."""
        asked = [self.ask(view, check) for check in checks]  # at once, so that all workers have their part
        if asked:
            await asyncio.wait(asked)
        for future in asked:
            future.result()

    def __call__(self, view: Overlay, check: ProofCheck) -> Verdict:
        """Return a verdict to the thread that executes a block; it must not be the event loop's."""
        with self._lock:
            if check.job in self._verdicts:
                return self._verdicts[check.job]
        return asyncio.run_coroutine_threadsafe(self.verdict(view, check), self._loop).result()

    def _known(self, job: ProofJob) -> asyncio.Future[Verdict] | None:
        with self._lock:
            if job not in self._verdicts:
                return None
            self._verdicts.move_to_end(job)
            known = self._loop.create_future()
            known.set_result(self._verdicts[job])
            return known

    def _begin(self, view: Overlay, check: ProofCheck) -> asyncio.Future[Verdict]:
        # Bytes are read now: the key may be gone when the task is handed out.
        bulk = operands(view, check)
        task = Task(PROOF, to_parts(check.job), tuple(bulk), bulk.__getitem__, urgent=True)
        asked = self._running[check.job] = self._loop.create_future()
        self._workers.submit(task).add_done_callback(lambda done: self._ended(check.job, asked, done))
        return asked

    def _ended(
        self, job: ProofJob, asked: asyncio.Future[Verdict], done: asyncio.Future[tuple[bytes, ...]]
    ) -> None:
        """Remember a verdict, and hand it to all who wait. An error is theirs to judge."""
        del self._running[job]
        if done.cancelled():
            asked.cancel()
            return
        error = done.exception()
        if error is not None:
            _log.warning("proof not verified", reason=str(error))
            asked.set_exception(error)
            asked.exception()  # somebody may have gone on waiting for something else
            return
        verdict = verdict_from_parts(done.result())
        with self._lock:
            self._verdicts[job] = verdict
            if len(self._verdicts) > self._capacity:
                self._verdicts.popitem(last=False)
        asked.set_result(verdict)
