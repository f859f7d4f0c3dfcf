"""Forgets old versions of the state in a thread, so that no block waits for it."""

from __future__ import annotations

import asyncio
import threading

import structlog

from assay.node.pace import Pace, Stopped
from assay.state.store import Store

_log = structlog.get_logger(__name__)


class Pruner:
    """Keeps a store at the number of versions it is to keep.

    Attributes
    ----------
    failed
        Set, with a sentence, when forgetting failed: the node must stop, or its disk would fill.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stop = threading.Event()
        self._task: asyncio.Task[None] | None = None
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def committed(self, _height: int) -> None:
        """Go to work, unless it is at it already; returns at once."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._prune())

    async def close(self) -> None:
        """End what is under way; the next start goes on with it."""
        self._stop.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _prune(self) -> None:
        try:
            await asyncio.to_thread(self._work)
        except Stopped:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the node must not go on
            _log.exception("old versions could not be forgotten")
            if not self.failed.done():
                self.failed.set_result(f"forgetting old versions of the state failed: {error}")

    def _work(self) -> None:
        self._store.prune(Pace(self._stop))
