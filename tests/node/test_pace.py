"""Work beside the blocks rests, and ends when it is told to."""

from __future__ import annotations

import threading
import time

import pytest

from assay.node import pace
from assay.node.pace import Pace, Stopped


class Stop(threading.Event):
    """Notes how long it was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.rests: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.rests.append(timeout)
        return self.is_set()


def work(seconds: float) -> None:
    begun = time.thread_time()
    while time.thread_time() - begun < seconds:
        pass


def test_a_thread_rests_three_times_as_long_as_it_works() -> None:
    stop = Stop()
    paced = Pace(stop)
    begun = time.thread_time()
    for _ in range(20):
        work(0.002)
        paced()
    worked = time.thread_time() - begun
    assert 3 <= len(stop.rests) <= 10
    assert 0.5 * worked < sum(stop.rests) / pace.REST <= worked


def test_sleeping_is_not_working() -> None:
    stop = Stop()
    paced = Pace(stop)
    time.sleep(4 * pace.SLICE_SECONDS)
    paced()
    assert stop.rests == []


def test_it_ends_when_told() -> None:
    stop = Stop()
    paced = Pace(stop)
    stop.set()
    paced()  # not before it has worked for a slice
    work(2 * pace.SLICE_SECONDS)
    with pytest.raises(Stopped):
        paced()
