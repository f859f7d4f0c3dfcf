"""Takes a snapshot every so many heights, in a thread that leaves most of the processor to the blocks."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Final

import structlog

from assay.node.settings import SnapshotSettings
from assay.node.snapshots.shelf import Shelf
from assay.state.store import Frozen, Store, StoreError

_log = structlog.get_logger(__name__)

_SLICE_SECONDS: Final = 0.005
_REST: Final = 3.0
"""Seconds of rest for a second of work: a block that runs meanwhile takes at most a third longer."""


class Stopped(Exception):
    """The node ends, and with it what was under way."""


class Pace:
    """Lets a thread work in short slices of processor time; in between, others have the interpreter."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._since = time.thread_time()

    def stop(self) -> None:
        """Have the next call raise `Stopped`."""
        self._stop.set()

    def __call__(self) -> None:
        """Rest if it is time to."""
        worked = time.thread_time() - self._since
        if worked < _SLICE_SECONDS:
            return
        if self._stop.wait(_REST * worked):
            raise Stopped
        self._since = time.thread_time()


class Taker:
    """Keeps the shelf filled.

    Parameters
    ----------
    store
        The node's store.
    shelf
        Where snapshots go.
    settings
        How often, and how many are kept.
    """

    def __init__(self, store: Store, shelf: Shelf, settings: SnapshotSettings) -> None:
        self._store = store
        self._shelf = shelf
        self._settings = settings
        self._task: asyncio.Task[None] | None = None
        self._pace = Pace()

    def committed(self, height: int) -> None:
        """Begin a snapshot if one is due at the height just committed; returns at once."""
        if not self._settings.interval or height % self._settings.interval:
            return
        if self._task is not None and not self._task.done():
            _log.warning("snapshot left out: the one before is still being written", height=height)
            return
        self._task = asyncio.get_running_loop().create_task(self._take(self._store.freeze()))

    async def close(self) -> None:
        """End what is under way."""
        self._pace.stop()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _take(self, state: Frozen) -> None:
        """Write a snapshot; the node goes on whatever happens to it."""
        begun = time.monotonic()
        try:
            chunks = await asyncio.to_thread(self._write, state)
        except Stopped:
            return
        except (StoreError, OSError) as error:
            _log.exception("no snapshot could be taken", height=state.version, error=str(error))
            return
        finally:
            state.close()
        seconds = round(time.monotonic() - begun, 1)
        _log.info("snapshot", height=state.version, chunks=chunks, seconds=seconds)

    def _write(self, state: Frozen) -> int:
        manifest = self._shelf.add(state, self._pace)
        self._shelf.forget(self._settings.keep)
        return len(manifest.digests)
