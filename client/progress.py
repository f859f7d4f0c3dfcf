"""How far a long step is: told by whoever does the work, shown by whoever wants to see it.

The work calls `advance`, wherever it is done: in the event loop, in a thread
that `aside` started, deep inside a library. Around it, `shown` says who is
told. Both meet in a context variable, which tasks and threads inherit.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

from assay.client.errors import ClientError

P = ParamSpec("P")
T = TypeVar("T")
Meter = Callable[[int, int], None]
"""Takes what is done and what there is to do: bytes, passes, ciphertexts."""

_METER: ContextVar[Meter | None] = ContextVar("meter", default=None)


class Stopped(ClientError):
    """Nobody waits for this work any more; raised in its thread only."""


@contextmanager
def shown(meter: Meter) -> Iterator[None]:
    """Have `meter` told of all progress inside a ``with`` block; it may be called from other threads."""
    token = _METER.set(meter)
    try:
        yield
    finally:
        _METER.reset(token)


def advance(done: int, total: int) -> None:
    """Say that `done` parts of `total` are done."""
    meter = _METER.get()
    if meter is not None:
        meter(done, total)


async def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run long work in a thread: the event loop goes on, and with it the answers to a websocket's pings.

    When the caller is cancelled, the work ends where it next calls `advance`.
    """
    outer, unwanted = _METER.get(), threading.Event()

    def meter(done: int, total: int) -> None:
        if unwanted.is_set():
            raise Stopped("the work was given up")
        if outer is not None:
            outer(done, total)

    with shown(meter):
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        except asyncio.CancelledError:
            unwanted.set()
            raise
