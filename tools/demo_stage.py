"""Runs `assay` and `assayd` for an audience: each command is shown as it can be typed, and what it says."""

import asyncio
import json
import os
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from assay.node.child import Child, start_child

_STOP_SECONDS: Final = 60.0
_LAST_LINES: Final = 15


class DemoFailed(Exception):
    """The demo cannot go on; the message says why."""


@dataclass(frozen=True)
class Stage:
    """Where commands run.

    Attributes
    ----------
    programs
        Directory of `assay` and `assayd`.
    environment
        Variables set for every command, on top of our own.
    """

    programs: Path = Path(sys.executable).parent
    environment: dict[str, str] = field(default_factory=dict)

    def command(self, words: tuple[object, ...]) -> list[str]:
        """Return a command line, its first word with its path."""
        name, *rest = map(str, words)
        program = self.programs / name
        if not program.exists():
            raise DemoFailed(f"{program} is missing; make it with: make setup")
        return [str(program.absolute()), *rest]

    async def show(self, *words: object, says: str = "", quiet: bool = False) -> None:
        """Show a command and run it; show what it prints line by line, unless quiet, after who says it."""
        print(f"$ {shlex.join(map(str, words))}", flush=True)
        merged = asyncio.subprocess.STDOUT
        async with self._running(words, stderr=merged) as process:
            lines = [line async for line in _lines(process, says, quiet=quiet)]
            if await process.wait():
                raise DemoFailed("\n".join([_failure(words, process), *(lines if quiet else ())]))

    async def ask(self, *words: object) -> Any:
        """Run a command of `assay` without showing it; return what it prints as JSON."""
        asked = (words[0], "--output", "json", *words[1:])
        async with self._running(asked, stderr=asyncio.subprocess.PIPE) as process:
            out, err = await process.communicate()
        if process.returncode:
            raise DemoFailed(f"{_failure(asked, process)}\n{err.decode(errors='replace')}")
        return json.loads(out)

    @asynccontextmanager
    async def _running(
        self, words: tuple[object, ...], stderr: int
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """Run a command that does not outlive its caller's interest."""
        process = await asyncio.create_subprocess_exec(
            *self.command(words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            env=os.environ | self.environment,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()

    @asynccontextmanager
    async def background(self, *words: object, log: Path) -> AsyncIterator[Child]:
        """Show a command and run it beside the others, its output in a file; stop it at the end."""
        print(f"$ {shlex.join(map(str, words))} > {log} &", flush=True)
        child = await start_child(self.command(words), log)
        urgent = asyncio.Event()
        try:
            yield child
        except DemoFailed:
            _print_end(log)
            raise
        finally:
            try:
                await child.stop(_STOP_SECONDS, urgent)
            except asyncio.CancelledError:
                urgent.set()
                await child.stop(0.0, urgent)
                raise


async def _lines(process: asyncio.subprocess.Process, says: str, *, quiet: bool) -> AsyncIterator[str]:
    before = f"  {says:<9}| " if says else "  "
    async for raw in cast(asyncio.StreamReader, process.stdout):  # a pipe, as `_running` makes it
        line = raw.decode(errors="replace").rstrip()
        if not quiet:
            print(f"{before}{line}".rstrip(), flush=True)
        yield line


def _failure(words: tuple[object, ...], process: asyncio.subprocess.Process) -> str:
    return f"{shlex.join(map(str, words))} ended with code {process.returncode}"


def _print_end(log: Path) -> None:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    print(f"{log} ends with:", *lines[-_LAST_LINES:], sep="\n", file=sys.stderr)
