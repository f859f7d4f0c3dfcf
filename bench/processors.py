"""Processor time of running processes, from /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

COMETBFT = "cometbft"
APPLICATION = "application"
_TICKS = os.sysconf("SC_CLK_TCK")


def family(roots: Iterable[int]) -> set[int]:
    """Return processes and their descendants."""
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        process = waiting.pop()
        found.add(process)
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            waiting += map(int, children.read_text().split())
    return found


def seconds(roots: Iterable[int]) -> dict[str, float]:
    """Return the seconds used so far by CometBFT, and by all other processes at and below `roots`."""
    used = {COMETBFT: 0.0, APPLICATION: 0.0}
    for process in family(roots):
        name, _, rest = Path(f"/proc/{process}/stat").read_text().partition("(")[2].rpartition(")")
        fields = rest.split()
        program = COMETBFT if name == COMETBFT else APPLICATION
        used[program] += (int(fields[11]) + int(fields[12])) / _TICKS
    return used
