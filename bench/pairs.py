"""What every bench returns: rows of one shape, made from pairs of measurements.

Ours and the reference are measured in turns, so that whatever the machine does
meanwhile falls on both. A ratio is always ours divided by the reference's, of
one pair; `lower_is_better` says which direction is good, of the value and of
the ratio alike, and `target` is what the median ratio must reach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter
from typing import Any

Row = dict[str, Any]
Work = Callable[[], object]
Pair = tuple[float, float]
"""Ours and the reference's, in the same unit."""


def row(
    name: str,
    unit: str,
    reference: str,
    pairs: Sequence[Pair],
    *,
    target: float | None = None,
    lower_is_better: bool = False,
) -> Row:
    """Return the row of some pairs.

    Parameters
    ----------
    name, unit
        What was measured, and in what.
    reference
        What it was measured against.
    pairs
        At least one.
    target
        What the median ratio must be at least, or at most if lower is better.
    """
    ratios = sorted(ours / theirs for ours, theirs in pairs)
    return {
        "name": name,
        "value": median(ours for ours, _ in pairs),
        "unit": unit,
        "reference": reference,
        "reference_value": median(theirs for _, theirs in pairs),
        "ratio": median(ratios),
        "ratio_min": ratios[0],
        "ratio_max": ratios[-1],
        "pairs": len(pairs),
        "target": target,
        "lower_is_better": lower_is_better,
    }


def figure(name: str, value: float, unit: str) -> Row:
    """Return a row that stands for itself: there is nothing to measure it against."""
    return {"name": name, "value": value, "unit": unit, "reference": None, "ratio": None, "target": None}


def meets_target(found: Row) -> bool:
    """Tell whether a row reaches its target; one without a target does."""
    if found["target"] is None:
        return True
    if found["lower_is_better"]:
        return bool(found["ratio"] <= found["target"])
    return bool(found["ratio"] >= found["target"])


def seconds(work: Work) -> float:
    """Return how long some work takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def in_turns(ours: Work, theirs: Work, count: int) -> list[Pair]:
    """Measure two pieces of work in turns, after a run of each that compiles and fills caches."""
    ours(), theirs()
    return [(seconds(ours), seconds(theirs)) for _ in range(count)]
