"""How a node runs Python: who gets the interpreter's lock when, and how often garbage is looked for."""

from __future__ import annotations

import gc
import sys
from typing import Final

SWITCH_SECONDS: Final = 0.0005
"""Threads that verify signatures need the lock for a moment between two of them; by default they would wait
5 ms for it while the event loop is busy."""
GC_THRESHOLD: Final = 50_000
"""Objects made before the collector looks for cycles. A block makes hundreds of thousands, which live until
it is committed and form no cycles: at 700, the default, looking at them took a tenth of the time."""


def tune() -> None:
    """Set both; called once by a node, when its parts are loaded."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()  # what is there now stays, and need not be looked at again
    gc.set_threshold(GC_THRESHOLD)
