"""The application and CometBFT, started, watched and stopped as one.

Neither is of use without the other, and neither can be trusted to end when
the other does: after a consensus failure CometBFT goes on answering its RPC
while the height stands still, and when the application goes away it ends with
code 0. So the node ends, with a reason and a non-zero code, as soon as either
ends or the height stands still, and whoever started it (systemd, a container)
starts it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from assay.node import room
from assay.node.abci.server import Server
from assay.node.child import Child, start_child
from assay.node.settings import SupervisionSettings

_log = structlog.get_logger(__name__)

_ROOM_SECONDS: Final = 1.0
"""How often the disk is looked at."""


@dataclass(frozen=True)
class Outcome:
    """Why a node ended.

    Attributes
    ----------
    reason
        A sentence.
    requested
        Whether it ended because it was asked to.
    """

    reason: str
    requested: bool

    @property
    def exit_code(self) -> int:
        """0 if the end was asked for, else 1."""
        return 0 if self.requested else 1


@dataclass(frozen=True)
class Node:
    """What is run together.

    Attributes
    ----------
    server
        The application's server, not started.
    address
        Where it shall listen.
    command
        CometBFT's command line, its first word an absolute path.
    log
        The file CometBFT's output is appended to.
    height
        The application's last committed height.
    steps
        Grows while the application gets on by something else than blocks: a state that comes from peers.
    not_before
        Unix time before which no block is expected (the genesis time).
    failures
        Other parts of the node: each is set with a sentence when it fails.
    """

    server: Server
    address: str
    command: Sequence[str]
    log: Path
    height: Callable[[], int]
    steps: Callable[[], int] = lambda: 0
    not_before: float = 0.0
    failures: Sequence[asyncio.Future[str]] = field(default_factory=tuple)


class StopRequest:
    """A wish to stop: made once it is orderly, made again it is urgent."""

    def __init__(self) -> None:
        self.reason = ""
        self.made = asyncio.Event()
        self.urgent = asyncio.Event()

    def make(self, reason: str) -> None:
        """Ask to stop."""
        if self.made.is_set():
            self.urgent.set()
        self.reason = self.reason or reason
        self.made.set()


@contextlib.contextmanager
def stop_on_signals(request: StopRequest) -> Iterator[None]:
    """Turn SIGINT and SIGTERM into a wish to stop; for the main thread."""
    loop = asyncio.get_running_loop()
    caught = (signal.SIGINT, signal.SIGTERM)
    for number in caught:
        loop.add_signal_handler(number, request.make, f"stopped by {number.name}")
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)


async def supervise(node: Node, settings: SupervisionSettings, request: StopRequest) -> Outcome:
    """Run a node until it is asked to stop or something fails.

    Parameters
    ----------
    node
        What to run.
    settings
        How long the height may stand still, and how long stopping may take.
    request
        The wish to stop.

    Returns
    -------
    Outcome
        Nothing of the node runs any more.

    Raises
    ------
    AddressError
        If the server cannot listen.
    OSError
        If CometBFT cannot be started, or its log cannot be written.
    """
    await node.server.start(node.address)
    try:
        child = await start_child(node.command, node.log)
        try:
            outcome = await _watch(node, child, settings.stall_seconds, request)
            _log.info("node stops", reason=outcome.reason)
        finally:
            # The application goes on answering: CometBFT may be in the middle of a block.
            await child.stop(settings.stop_seconds, request.urgent)
    finally:
        await _stop_server(node.server, settings.stop_seconds)
    return outcome


async def _watch(node: Node, child: Child, stall_seconds: int, request: StopRequest) -> Outcome:
    """Wait for the first reason to end."""
    ended = asyncio.ensure_future(child.wait())
    stopped = asyncio.ensure_future(request.made.wait())
    stalled = asyncio.ensure_future(_stall(node, stall_seconds))
    full = asyncio.ensure_future(_full(node.log.parent))
    failures = (node.server.failed, *node.failures)
    own: tuple[asyncio.Future[Any], ...] = (ended, stopped, stalled, full)
    try:
        await asyncio.wait((*own, *failures), return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            return Outcome(request.reason, requested=True)
        # A full disk makes everything else fail, in words that do not say so.
        if sentence := full.result() if full.done() else room.shortage(node.log.parent):
            return Outcome(sentence, requested=False)
        # When the application fails CometBFT ends too, so the application's word is heard first.
        for failure in failures:
            if failure.done():
                return Outcome(f"the application failed: {failure.result()}", requested=False)
        if ended.done():
            return Outcome(f"CometBFT ended {ended.result()}; see {node.log}", requested=False)
        return Outcome(f"{stalled.result()}{child.last_words()}; see {node.log}", requested=False)
    finally:
        for future in own:
            future.cancel()
        await asyncio.gather(*own, return_exceptions=True)


async def _stall(node: Node, limit: int) -> str:
    """Return a sentence's beginning once the height has stood still for ``limit`` seconds; 0 means never."""
    if not limit:
        await asyncio.get_running_loop().create_future()
    await asyncio.sleep(max(0.0, node.not_before - time.time()))
    # Ticks are counted rather than a clock read: a machine that was asleep has not stood still.
    reached, still, tick = (node.height(), node.steps()), 0.0, min(1.0, limit / 10)
    while still < limit:
        await asyncio.sleep(tick)
        still += tick
        if (node.height(), node.steps()) != reached:
            reached, still = (node.height(), node.steps()), 0.0
    return f"the height has stood still at {node.height()} for {limit} s"


async def _full(path: Path) -> str:
    """Return a sentence once the disk cannot be written to, or has too little room left to go on."""
    while not (sentence := room.shortage(path)):  # noqa: ASYNC110 - nobody tells when a disk is full
        await asyncio.sleep(_ROOM_SECONDS)
    return sentence


async def _stop_server(server: Server, seconds: float) -> None:
    """Stop the server; a consensus call that does not end is cut short."""
    try:
        await asyncio.wait_for(server.stop(), seconds)
    except TimeoutError:
        _log.error("the application did not finish its block in time", seconds=seconds)
