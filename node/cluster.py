"""Nodes of one local network, kept running by one process that tells what they do."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from assay.node.child import end, how_it_ended, spawn
from assay.node.home import Home
from assay.node.supervisor import Outcome, StopRequest

_log = structlog.get_logger(__name__)

ASSAYD: Final = (sys.executable, "-P", "-m", "assay.node.cli")
_STOP_SECONDS: Final = 90.0
"""More than a node needs when it has to kill its own parts."""
_LINE_BYTES: Final = 1 << 22


@dataclass(frozen=True)
class Keeping:
    """How nodes are run.

    Attributes
    ----------
    arguments
        Further arguments of `assayd start`.
    restart_seconds
        A node that ends is started again after so long.
    """

    arguments: tuple[str, ...] = ()
    restart_seconds: float = 5.0


async def run_cluster(homes: Sequence[Home], keeping: Keeping, request: StopRequest) -> Outcome:
    """Run nodes until asked to stop; one that ends is started again, as systemd would.

    What they log is logged here, with the name of the node.

    Parameters
    ----------
    homes
        Complete homes.
    keeping
        How they are run.
    request
        The wish to stop.

    Returns
    -------
    Outcome
        Nothing runs any more. A node that ends before its first block ends all: it would only do so again.
    """
    nodes = [_Node(home, keeping) for home in homes]
    keepers = [asyncio.create_task(node.keep(), name=node.name) for node in nodes]
    stopped = asyncio.create_task(request.made.wait())
    try:
        await asyncio.wait((stopped, *keepers), return_when=asyncio.FIRST_COMPLETED)
        failures = [keeper.result() for keeper in keepers if keeper.done()]
        outcome = Outcome(failures[0] if failures else request.reason, requested=not failures)
        _log.info("network stops", reason=outcome.reason)
    finally:
        await asyncio.gather(*(node.stop(request.urgent) for node in nodes))
        for task in (stopped, *keepers):
            task.cancel()
        await asyncio.gather(stopped, *keepers, return_exceptions=True)
    return outcome


class _Node:
    """One node, and its process while it runs."""

    def __init__(self, home: Home, keeping: Keeping) -> None:
        self.name = home.path.name
        self._command = [*ASSAYD, "--home", str(home.path), "start", "--log", "json", *keeping.arguments]
        self._pause = keeping.restart_seconds
        self._process: Process | None = None
        self._stopping = asyncio.Event()
        self._has_committed = False
        self._last_words = ""

    async def keep(self) -> str:
        """Run the node again and again; return why there is no sense in it."""
        while True:
            how = await self._run_once()
            if self._stopping.is_set():
                await asyncio.get_running_loop().create_future()
            if not self._has_committed:
                return f"{self.name} ended {how} before its first block{self._last_words}"
            _log.warning("node ended", node=self.name, how=how, again_in_seconds=self._pause)
            await asyncio.sleep(self._pause)

    async def stop(self, urgent: asyncio.Event) -> None:
        """End the node, and let it tell its last."""
        self._stopping.set()
        if self._process is not None:
            await end(self._process, _STOP_SECONDS, urgent, self.name)

    async def _run_once(self) -> str:
        self._process = process = await spawn(self._command, PIPE, _LINE_BYTES)
        _log.info("node starts", node=self.name, pid=process.pid)
        async for line in _lines(process):
            self._tell(line)
        return how_it_ended(await process.wait())

    def _tell(self, line: str) -> None:
        event = _parsed(line)
        if event is None:
            self._last_words = f": {line}"
            _log.error(line, node=self.name)
            return
        self._has_committed |= event["event"] == "block"
        level = logging.getLevelNamesMapping().get(str(event.pop("level", "")).upper(), logging.INFO)
        event.pop("timestamp", None)
        _log.log(level, event.pop("event"), node=self.name, **event)


async def _lines(process: Process) -> AsyncIterator[str]:
    """Yield what a process prints, until nobody can print there any more."""
    if process.stdout is None:
        raise ValueError("the output of the process is not a pipe")
    async for raw in process.stdout:
        if line := raw.decode(errors="replace").rstrip():
            yield line


def _parsed(line: str) -> dict[str, Any] | None:
    """Return what a line of a node's log says, or None if it is another line."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None
