"""CometBFT as a child process: started, heard and ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

import structlog

from assay.node import launch

_log = structlog.get_logger(__name__)

LOG_BYTES: Final = 64 << 20
"""A log that is longer is set aside at start (one is kept)."""
_LAUNCH: Final = str(Path(launch.__file__).resolve())
_TELLING: Final = re.compile(rb"^(?:E\[|panic:|Error:|ERROR:|fatal error:).*", re.MULTILINE)
_TAIL_BYTES = 65_536


class Child:
    """A running program whose output goes to a file; made by `start_child`."""

    def __init__(self, process: Process, log: Path, log_begin: int) -> None:
        self._process = process
        self._log = log
        self._log_begin = log_begin

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    async def wait(self) -> str:
        """Return, when the program has ended, how: a part of a sentence."""
        code = await self._process.wait()
        return f"{how_it_ended(code)}{self.last_words()}"

    async def stop(self, seconds: float, urgent: asyncio.Event) -> None:
        """End the program; kill it if it takes longer, or as soon as it is urgent."""
        await end(self._process, seconds, urgent, "CometBFT")

    def last_words(self) -> str:
        """Return the last line of this run's output that tells of an error, in brackets, or nothing."""
        try:
            with self._log.open("rb") as file:
                file.seek(max(self._log_begin, self._log.stat().st_size - _TAIL_BYTES))
                lines = _TELLING.findall(file.read())
        except OSError:
            return ""
        return f" ({lines[-1][:300].decode(errors='replace').strip()})" if lines else ""


async def end(process: Process, seconds: float, urgent: asyncio.Event, name: str) -> None:
    """Ask a program to end; kill it if it takes longer, or as soon as it is urgent."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    ended = asyncio.ensure_future(process.wait())
    hurry = asyncio.ensure_future(urgent.wait())
    await asyncio.wait((ended, hurry), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    hurry.cancel()
    if not ended.done():
        _log.warning(f"{name} did not stop in time and is killed", seconds=seconds)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await ended


def how_it_ended(code: int) -> str:
    """Return how a program ended, as a part of a sentence."""
    return f"with code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"


async def spawn(command: Sequence[str], output: int | IO[bytes], limit: int = 1 << 16) -> Process:
    """Start a program that ends when this process does.

    It gets a session of its own, so that Ctrl-C reaches only us and it can be
    stopped in order.

    Parameters
    ----------
    command
        Command line; the first word is an absolute path.
    output
        Where what it prints goes: a file, or `asyncio.subprocess.PIPE`.
    limit
        Bytes of a line, if the output is read line by line.
    """
    guard = (sys.executable, "-I", "-S", _LAUNCH, str(os.getpid()))
    return await asyncio.create_subprocess_exec(
        *guard,
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        limit=limit,
    )


async def start_child(command: Sequence[str], log: Path) -> Child:
    """Start a program, as `spawn` does, that writes to a log.

    Parameters
    ----------
    command
        Command line; the first word is an absolute path.
    log
        File its output is appended to.

    Raises
    ------
    OSError
        If the log cannot be written.
    """
    with _open_log(log) as output:
        begin = output.tell()
        process = await spawn(command, output)
    return Child(process, log, begin)


def _open_log(path: Path) -> IO[bytes]:
    """Open a log for appending; set a long one aside."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_BYTES:
            path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")
