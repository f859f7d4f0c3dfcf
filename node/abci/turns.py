"""Who may use the event loop next: consensus first.

asyncio runs what is ready in the order it became ready. That is fair, and not
what a validator needs: a block must not wait for a queue of transactions. So
batches of CheckTx and queries ask for a turn before they start, and get none
while consensus has something to run. They are bounded, hence consensus waits
for at most one of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_alone: ContextVar[bool] = ContextVar("alone", default=False)


@contextmanager
def alone() -> Iterator[None]:
    """Keep the claim of a consensus call while it waits, too.

    For work in a thread that needs the interpreter's lock all the time, such as
    executing a block: the loop is free to read what arrives, but a batch of
    CheckTx would only compete for the lock, and both would take longer.
    """
    token = _alone.set(True)
    try:
        yield
    finally:
        _alone.reset(token)


class Turns:
    """Claims on the event loop by consensus connections."""

    def __init__(self) -> None:
        self._claims: set[object] = set()
        self._unclaimed = asyncio.Event()
        self._unclaimed.set()

    def claim(self, owner: object) -> None:
        """Let nothing else start until `release`; repeating a claim changes nothing."""
        self._claims.add(owner)
        self._unclaimed.clear()

    def release(self, owner: object) -> None:
        """Withdraw a claim, if there is one."""
        self._claims.discard(owner)
        if not self._claims:
            self._unclaimed.set()

    async def turn(self) -> None:
        """Return when nobody claims the loop.

        The first pause lets the loop look at its sockets, the second lets
        what it found there be read: a request that has arrived by now has
        then made its claim.
        """
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        while self._claims:
            await self._unclaimed.wait()

    @coroutine
    def first(self, owner: object, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        """Run ``work`` to its end, claiming the loop except while it waits.

        While ``work`` awaits a thread or a worker process the loop would be
        idle, so others may start then, unless it waits `alone`. The claim is
        made again as soon as ``work`` goes on, and is left to the caller to release.
        """
        step = partial(work.send, None)
        while True:
            self.claim(owner)
            try:
                awaited = step()
            except StopIteration as stop:
                result: T = stop.value
                return result
            if not _alone.get():
                self.release(owner)
            try:
                yield awaited
                step = partial(work.send, None)
            except BaseException as error:  # noqa: BLE001 - a cancellation, for the work to handle
                step = partial(work.throw, error)
