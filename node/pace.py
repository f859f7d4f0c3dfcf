"""Work beside the blocks: in a thread of its own, a little at a time."""

from __future__ import annotations

import threading
import time
from typing import Final

SLICE_SECONDS: Final = 0.005
REST: Final = 3.0
"""Seconds of rest for a second of work: a block that is executed meanwhile takes at most a third longer."""


class Stopped(Exception):
    """The node ends, and with it what was under way."""


class Pace:
    """Lets a thread work in short slices of its processor time; in between, others have the interpreter.

    Parameters
    ----------
    stop
        Ends the work.

    Made and called by the thread that works.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._since = time.thread_time()

    def __call__(self) -> None:
        """Rest if it is time to; raise `Stopped` if the work is to end."""
        worked = time.thread_time() - self._since
        if worked < SLICE_SECONDS:
            return
        if self._stop.wait(REST * worked):
            raise Stopped
        self._since = time.thread_time()
