"""A pool of worker processes: who does what, and what happens when one dies.

Every task is computed to its end or `WorkerFailed` is raised; the death or the
slowness of a worker never becomes a result. Workers keep the byte strings they
were sent, and the pool knows which: it gives a task to a worker that has what
it needs, and sends only what is missing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from assay.node.workers.frames import Message
from assay.node.workers.process import COMMAND, WorkerDied, WorkerProcess, WorkerRefused, start
from assay.node.workers.seats import Job, Seat, Task

_log = structlog.get_logger(__name__)

DONE: Final = 0
"""Code of an answer that holds a result; any other holds a sentence."""
DEPTH: Final = 8
"""Tasks a worker is given ahead, so that it need not wait for the node's event loop between two."""
_WINDOW: Final = 32
"""How far from the head of the queue a task may be taken out of turn, for the bytes it needs."""
_LIVES: Final = 2
"""A task that ends two workers is given up."""


class WorkerFailed(Exception):
    """Work could not be done by a worker, nor by the fresh one after it. No result was produced."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """Bounds of a pool.

    Attributes
    ----------
    workers
        Processes.
    task_seconds
        A worker that takes longer for one task is killed.
    start_seconds
        One that takes longer to start and test itself is killed.
    held_bytes
        Byte strings kept in each worker.
    """

    workers: int = 1
    task_seconds: float = 30.0
    start_seconds: float = 120.0
    held_bytes: int = 128 << 20


class WorkerPool:
    """Runs tasks in worker processes.

    Parameters
    ----------
    limits
        Bounds.
    command
        The program of a worker; it speaks as `assay.node.workers.main` does.
    on_task
        Told of every task that is done: its code, and the seconds from when its worker was free for it.

    Attributes
    ----------
    restarts
        Processes that had to be replaced so far, for metrics.
    """

    def __init__(
        self,
        limits: PoolLimits | None = None,
        command: Sequence[str] = COMMAND,
        on_task: Callable[[int, float], None] | None = None,
    ) -> None:
        self.restarts = 0
        self._on_task = on_task
        self._limits = limits or PoolLimits()
        self._command = command
        self._seats = [Seat() for _ in range(self._limits.workers)]
        self._waiting: deque[Job] = deque()
        self._starting: set[asyncio.Task[None]] = set()
        self._failure = ""
        self._closed = False
        self._ident = 0

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers that are running."""
        return [seat.process.pid for seat in self._seats if seat.process is not None]

    @property
    def size(self) -> int:
        """How many workers run when all are well."""
        return len(self._seats)

    @property
    def unfinished(self) -> int:
        """Tasks that are waiting or under way."""
        return len(self._unfinished())

    async def start(self) -> None:
        """Start the workers.

        Raises
        ------
        WorkerRefused
            If the self-test of the homomorphic engine failed: this machine must not take part.
        WorkerFailed
            If a worker did not start, twice.
        """
        outcomes = await asyncio.gather(*(self._occupy(seat) for seat in self._seats), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                await self.close()
                raise outcome

    async def close(self) -> None:
        """End the workers; tasks that are not finished are cancelled."""
        self._closed = True
        for starting in self._starting:
            starting.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        for job in self._unfinished():
            job.answer.cancel()
        for seat in self._seats:
            seat.stop_timer()
        await asyncio.gather(*(seat.process.stop() for seat in self._seats if seat.process is not None))

    def submit(self, task: Task) -> asyncio.Future[tuple[bytes, ...]]:
        """Have a task computed.

        Returns
        -------
        Future of tuple of bytes
            The parts of the worker's answer, or `WorkerFailed` if two workers in a row ended, were too slow
            or reported a fault on it. Cancelling it withdraws the task.
        """
        job = Job(task, asyncio.get_running_loop().create_future())
        if self._failure or self._closed:
            job.answer.set_exception(WorkerFailed(self._failure or "the worker processes have been stopped"))
        else:
            self._queue(job)
            self._hand_out()
        return job.answer

    def _queue(self, job: Job) -> None:
        """Put a task in line: at the end, or behind the other urgent ones."""
        if not job.task.urgent:
            self._waiting.append(job)
            return
        ahead = (place for place, other in enumerate(self._waiting) if not other.task.urgent)
        self._waiting.insert(next(ahead, len(self._waiting)), job)

    def _unfinished(self) -> list[Job]:
        given = [job for seat in self._seats for job in (seat.again, *seat.doing) if job is not None]
        return [job for job in (*given, *self._waiting) if not job.answer.done()]

    # ---- handing out ----

    def _hand_out(self) -> None:
        """Give waiting tasks to the workers that have fewest."""
        while self._waiting:
            free = [seat for seat in self._seats if seat.process is not None and len(seat.doing) < DEPTH]
            if not free:
                return
            seat = min(free, key=lambda seat: len(seat.doing))
            self._give(seat, self._choose(seat))

    def _choose(self, seat: Seat) -> Job:
        """Take the waiting task, among the first few, of whose bytes the worker lacks least.

        An urgent one is always first.
        """
        if self._waiting[0].task.urgent:
            return self._waiting.popleft()
        few = range(min(_WINDOW, len(self._waiting)) if len(self._seats) > 1 else 1)
        place = min(few, key=lambda i: seat.missing(self._waiting[i].task))
        if place:
            self._waiting[0].passed_over += 1
            place = 0 if self._waiting[0].passed_over > _WINDOW else place
        job = self._waiting[place]
        del self._waiting[place]
        return job

    def _give(self, seat: Seat, job: Job) -> None:
        if job.answer.done() or seat.process is None:  # nobody waits for it any more
            return
        task = job.task
        try:
            new = {digest: task.fetch(digest) for digest in task.operands if digest not in seat.held}
        except Exception as error:  # noqa: BLE001 - whoever asked gets it
            job.answer.set_exception(error)
            return
        job.ident = self._ident = (self._ident + 1) & 0xFFFFFFFF
        dropped = b"".join(seat.hold(task, new, self._limits.held_bytes))
        sent = (part for pair in new.items() for part in pair)
        head = len(task.parts).to_bytes(1, "little")
        seat.process.send(Message(job.ident, task.code, (head, *task.parts, dropped, *sent)))
        seat.doing.append(job)
        if len(seat.doing) == 1:
            self._start_timer(seat)

    # ---- answers ----

    def _answered(self, seat: Seat, message: Message) -> None:
        if not seat.doing or seat.doing[0].ident != message.ident:
            self._kill(seat)  # if it is not being killed already: after a fault it goes on for a moment
            return
        if message.code != DONE:
            _log.error("worker reported a fault", reason=b" ".join(message.parts).decode(errors="replace"))
            self._kill(seat)
            return
        job = seat.doing.popleft()
        if self._on_task is not None:
            self._on_task(job.task.code, asyncio.get_running_loop().time() - seat.began)
        if not job.answer.done():
            job.answer.set_result(message.parts)
        seat.stop_timer()
        if seat.doing:
            self._start_timer(seat)
        self._hand_out()

    def _start_timer(self, seat: Seat) -> None:
        loop = asyncio.get_running_loop()
        seat.began = loop.time()
        seat.timer = loop.call_later(self._limits.task_seconds, self._too_slow, seat)

    def _too_slow(self, seat: Seat) -> None:
        _log.error("worker too slow", seconds=self._limits.task_seconds)
        self._kill(seat)

    @staticmethod
    def _kill(seat: Seat) -> None:
        if seat.process is not None:
            seat.process.kill()

    # ---- deaths and starts ----

    def _ended(self, seat: Seat, process: WorkerProcess) -> None:
        """A process is gone: what it was at begins again in a fresh one, the rest with whoever is free."""
        if self._closed or seat.process is not process:
            return  # it was stopped, and not by itself
        self.restarts += 1
        _log.warning("worker process ended", tasks=len(seat.doing), restarts=self.restarts)
        seat.stop_timer()
        seat.process = None
        seat.forget()
        if seat.doing:
            self._charge(seat, seat.doing.popleft())
        self._waiting.extendleft(reversed(seat.doing))
        seat.doing.clear()
        starting = asyncio.get_running_loop().create_task(self._replace(seat, process))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        self._hand_out()

    @staticmethod
    def _charge(seat: Seat, job: Job) -> None:
        """Try again what a process died of, once."""
        job.lost += 1
        if job.lost < _LIVES:
            seat.again = job
        elif not job.answer.done():
            job.answer.set_exception(
                WorkerFailed(
                    f"{job.lost} worker processes in a row ended, or took too long, over the same task. "
                    "There is no result, and none is made up; see the log for a fault of memory or TenSEAL"
                )
            )

    async def _replace(self, seat: Seat, ended: WorkerProcess) -> None:
        await ended.stop()
        try:
            await self._occupy(seat)
        except (WorkerFailed, WorkerRefused) as error:
            self._fail(str(error))

    async def _occupy(self, seat: Seat) -> None:
        """Start a process for a seat, trying twice."""
        try:
            process = await self._launch(seat)
        except WorkerDied as error:
            _log.error("worker process did not start; trying once more", reason=str(error))
            try:
                process = await self._launch(seat)
            except WorkerDied as again:
                raise WorkerFailed(f"no worker process could be started: {again}") from None
        seat.process = process
        unfinished, seat.again = seat.again, None
        if unfinished is not None:
            self._give(seat, unfinished)
        self._hand_out()

    async def _launch(self, seat: Seat) -> WorkerProcess:
        return await start(
            lambda message: self._answered(seat, message),
            lambda process: self._ended(seat, process),
            self._limits.start_seconds,
            self._command,
        )

    def _fail(self, reason: str) -> None:
        """Nothing can be computed any more."""
        self._failure = reason
        for job in self._unfinished():
            job.answer.set_exception(WorkerFailed(reason))
        self._waiting.clear()
