"""Takes a snapshot every so many heights, in a thread that leaves most of the processor to the blocks."""

from __future__ import annotations

import asyncio
import threading
import time

import structlog

from assay.node.pace import Pace, Stopped
from assay.node.room import DiskUnusable
from assay.node.settings import SnapshotSettings
from assay.node.snapshots.shelf import Shelf
from assay.state.store import Frozen, Store

_log = structlog.get_logger(__name__)


class Taker:
    """Keeps the shelf filled.

    Attributes
    ----------
    height
        Of the newest snapshot that was taken; 0 if there is none.
    seconds
        What writing the last one took, since the start; 0 before it.
    taken, failed, left_out
        Since the start: snapshots written; not written, for a reason that the log tells; not begun, because
        the one before was still being written.

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
        self.height = max((manifest.height for manifest in shelf.manifests()), default=0)
        self.seconds = 0.0
        self.taken = self.failed = self.left_out = 0
        self._task: asyncio.Task[None] | None = None
        self._stop = threading.Event()

    def committed(self, height: int) -> None:
        """Begin a snapshot if one is due at the height just committed; returns at once."""
        if not self._settings.interval or height % self._settings.interval:
            return
        if self._task is not None and not self._task.done():
            self.left_out += 1
            _log.warning("snapshot left out: the one before is still being written", height=height)
            return
        self._task = asyncio.get_running_loop().create_task(self._take(self._store.freeze()))

    async def close(self) -> None:
        """End what is under way."""
        self._stop.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _take(self, state: Frozen) -> None:
        """Write a snapshot; the node goes on whatever happens to it."""
        begun = time.monotonic()
        try:
            chunks = await asyncio.to_thread(self._write, state)
        except Stopped:
            return
        except DiskUnusable as full:
            self.failed += 1
            _log.error("no snapshot could be taken", height=state.version, reason=str(full))
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, blocks do not depend on it
            self.failed += 1
            _log.exception("no snapshot could be taken", height=state.version, reason=str(error))
            return
        finally:
            state.close()
        self.height, self.seconds, self.taken = state.version, time.monotonic() - begun, self.taken + 1
        _log.info("snapshot", height=self.height, chunks=chunks, seconds=round(self.seconds, 1))

    def _write(self, state: Frozen) -> int:
        manifest = self._shelf.add(state, Pace(self._stop))
        self._shelf.forget(self._settings.keep)
        return len(manifest.digests)
