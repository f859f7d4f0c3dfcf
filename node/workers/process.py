"""One worker process, as the node sees it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Final

from assay.node.workers.frames import BadFrame, Inbox, Message, encode

COMMAND: Final = (sys.executable, "-P", "-m", "assay.node.workers.main")
"""`-P` keeps the working directory, which may hold anything, off the module path."""
READY: Final = 0
"""Code of a worker's first message when its self-test passed; any other code comes with a sentence."""
_PIPE_BYTES: Final = 1 << 20
"""Room in a pipe: the next jobs' bytes wait there while a worker computes. By default it is 64 kB."""

OnMessage = Callable[[Message], None]


class WorkerRefused(Exception):
    """A worker found that this machine would compute other results than the rest of the chain."""


class WorkerDied(Exception):
    """A worker process ended, or took too long, before it was ready."""


class _Answers:
    """What comes out of a worker: first a greeting, then answers, then the end.

    Parameters
    ----------
    descriptor
        Reading end of the pipe; closed by `close`.
    on_message
        Called with each answer.
    """

    def __init__(self, descriptor: int, on_message: OnMessage) -> None:
        self.greeting: asyncio.Future[Message | None] = asyncio.get_running_loop().create_future()
        self.ended = False
        self.on_end: Callable[[], None] | None = None
        self._descriptor = descriptor
        self._on_message = on_message
        self._inbox = Inbox(descriptor)
        os.set_blocking(descriptor, False)
        asyncio.get_running_loop().add_reader(descriptor, self._readable)

    def _readable(self) -> None:
        """Take one message, and leave the loop to others before the next."""
        try:
            message = self._inbox.read()
        except (EOFError, BadFrame, OSError):
            self._end()
            return
        if message is None:
            return
        if self.greeting.done():
            self._on_message(message)
        else:
            self.greeting.set_result(message)

    def _end(self) -> None:
        """The process has closed its end, or writes nonsense."""
        self.close()
        if not self.greeting.done():
            self.greeting.set_result(None)
        elif self.on_end is not None:
            self.on_end()

    def silence(self) -> None:
        """Do not listen any more: what a process says after it was given up does not count."""
        self._on_message = _ignore

    def close(self) -> None:
        """Read no more."""
        if not self.ended:
            self.ended = True
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)


class WorkerProcess:
    """A running worker, made by `start`: messages go in, answers come out in the same order."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        pidfd: int,
        requests: asyncio.WriteTransport,
        answers: _Answers,
    ) -> None:
        self._process = process
        self._pidfd = pidfd  # names this process and no other, also when its number was given to a new one
        self._requests = requests
        self._answers = answers

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def send(self, message: Message) -> None:
        """Hand over a message; what the pipe cannot take now is kept and sent later."""
        for piece in encode(message):
            self._requests.write(piece)

    def kill(self) -> None:
        """End the process at once; it is not listened to any more, and `on_end` follows."""
        self._answers.silence()
        if self._pidfd >= 0:
            # Not Process.kill: it may take the exit status away from asyncio, which then complains.
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    async def stop(self) -> None:
        """End the process, close the pipes and leave no zombie."""
        self.kill()
        if not self._requests.is_closing():  # it closes by itself when the process dies
            self._requests.abort()
        self._answers.close()
        try:
            await self._process.wait()
        finally:
            pidfd, self._pidfd = self._pidfd, -1
            if pidfd >= 0:
                os.close(pidfd)

    async def ready(self, on_end: Callable[[WorkerProcess], None], seconds: float) -> None:
        """Wait until it has tested itself; see `start`."""
        try:
            async with asyncio.timeout(seconds):
                greeting = await self._answers.greeting
        except TimeoutError:
            raise WorkerDied(f"a worker process was not ready within {seconds:g} seconds") from None
        if greeting is None or (greeting.code == READY and self._answers.ended):
            raise WorkerDied("a worker process ended before it was ready; standard error has its last words")
        if greeting.code != READY:
            raise WorkerRefused(b" ".join(greeting.parts).decode(errors="replace"))
        self._answers.on_end = lambda: on_end(self)


async def start(
    on_message: OnMessage,
    on_end: Callable[[WorkerProcess], None],
    seconds: float,
    command: Sequence[str] = COMMAND,
) -> WorkerProcess:
    """Start a process and wait until it has tested itself.

    Parameters
    ----------
    on_message
        Called with each answer.
    on_end
        Called once when the process, after it was ready, has closed its pipe: by dying, if nobody stopped it.
    seconds
        How long it may take.
    command
        Program and arguments.

    Raises
    ------
    WorkerRefused
        If its self-test failed; the sentence is the worker's.
    WorkerDied
        If it ended, or was not ready in time.
    """
    worker = await _launch(on_message, command)
    try:
        await worker.ready(on_end, seconds)
    except BaseException:
        await worker.stop()
        raise
    return worker


def _ignore(_: Message) -> None:
    """Drop a message."""


async def _launch(on_message: OnMessage, command: Sequence[str]) -> WorkerProcess:
    loop = asyncio.get_running_loop()
    requests, to_worker = _pipe()
    from_worker, replies = _pipe()
    answers = _Answers(from_worker, on_message)
    writer, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(to_worker, "wb", buffering=0))
    try:
        # A session of its own, so that Ctrl-C at the terminal reaches the node alone, which then ends its
        # workers in order. No descriptor but these two and standard error is inherited.
        process = await asyncio.create_subprocess_exec(
            *command, stdin=requests, stdout=replies, start_new_session=True
        )
        pidfd = os.pidfd_open(process.pid)
    except BaseException as error:
        writer.abort()
        answers.close()
        if isinstance(error, OSError):  # also if it has ended already
            raise WorkerDied(f"a worker process could not be started: {error}") from None
        raise
    finally:
        os.close(requests)
        os.close(replies)
    return WorkerProcess(process, pidfd, writer, answers)


def _pipe() -> tuple[int, int]:
    """Return the two ends of a roomy pipe."""
    ends = os.pipe()
    with contextlib.suppress(OSError):  # an administrator may have set a lower bound; then it is only slower
        fcntl.fcntl(ends[0], fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return ends
