"""What a node changes in Python, and that it is a node that does."""

import gc
import sys

import pytest

from assay.node import interpreter


def test_threads_get_the_lock_sooner_and_the_collector_looks_less_often() -> None:
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    try:
        interpreter.tune()
        assert sys.getswitchinterval() == pytest.approx(interpreter.SWITCH_SECONDS)
        assert gc.get_threshold()[0] == interpreter.GC_THRESHOLD
        assert gc.isenabled()
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*thresholds)
        gc.unfreeze()
