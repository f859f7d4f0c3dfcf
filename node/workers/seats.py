"""What a pool keeps about its tasks and about each worker."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from assay.node.workers.process import WorkerProcess


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work for a worker.

    Attributes
    ----------
    code
        Which operation.
    parts
        Its arguments.
    operands
        Digests of the byte strings it reads.
    fetch
        Gives the bytes of a digest. Called on the event loop, when the task is handed out, for those that
        the worker does not hold. What it raises is what whoever asked for the task gets.
    urgent
        Whether it goes before all that are not. For short tasks that a block or a sender waits for.
    """

    code: int
    parts: tuple[bytes, ...]
    operands: tuple[bytes, ...]
    fetch: Callable[[bytes], bytes]
    urgent: bool = False


@dataclass(eq=False, slots=True)
class Job:
    """A task on its way.

    Attributes
    ----------
    ident
        Number under which it was last handed over.
    lost
        Workers that ended while they computed it.
    passed_over
        How often it stood first and another was taken.
    """

    task: Task
    answer: asyncio.Future[tuple[bytes, ...]]
    ident: int = 0
    lost: int = 0
    passed_over: int = 0


@dataclass(eq=False, slots=True)
class Seat:
    """The place of one worker; the process in it may change.

    Attributes
    ----------
    process
        The running process, None while it is being replaced.
    doing
        Jobs handed over, in the order in which they will be answered.
    again
        What the next process begins with.
    held
        Digest to length of the byte strings the process keeps, least recently used first.
    began
        When the process was free for the first of its jobs, by the event loop's clock.
    """

    process: WorkerProcess | None = None
    doing: deque[Job] = field(default_factory=deque)
    again: Job | None = None
    held: OrderedDict[bytes, int] = field(default_factory=OrderedDict)
    held_bytes: int = 0
    timer: asyncio.TimerHandle | None = None
    began: float = 0.0

    def missing(self, task: Task) -> int:
        """Return how many of a task's byte strings the process lacks."""
        return sum(digest not in self.held for digest in task.operands)

    def hold(self, task: Task, new: dict[bytes, bytes], limit: int) -> list[bytes]:
        """Note what the process will hold, and return what it shall drop."""
        for digest in task.operands:
            if digest in self.held:
                self.held.move_to_end(digest)
            else:
                self.held[digest] = len(new[digest])
                self.held_bytes += len(new[digest])
        dropped = []
        while self.held_bytes > limit and len(self.held) > len(set(task.operands)):
            digest, length = self.held.popitem(last=False)
            self.held_bytes -= length
            dropped.append(digest)
        return dropped

    def forget(self) -> None:
        """Note that a new process holds nothing."""
        self.held.clear()
        self.held_bytes = 0

    def stop_timer(self) -> None:
        """Stop waiting for the present task's end."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
