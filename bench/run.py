"""Run every benchmark, print one table, and write out/bench/results.json.

    python bench/run.py [--quick] [--only NAME ...]

Exit code 1 means that a median ratio misses its target.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from importlib import import_module
from pathlib import Path

from pairs import Row, meets_target
from rich.console import Console
from rich.table import Table

NAMES = (
    *("throughput", "metrics", "workers", "store", "staking", "reveal", "market"),
    *("ring", "proof", "ceremony", "noise", "fidelity"),
)
RESULTS = Path(__file__).parents[1] / "out" / "bench" / "results.json"


def measure(name: str, *, quick: bool) -> list[Row]:
    """Run one benchmark; those that can be quick are, if that is asked for."""
    bench = import_module(name).run
    rows: list[Row] = bench(quick=quick) if "quick" in inspect.signature(bench).parameters else bench()
    return rows


def spread(found: Row) -> str:
    """Return a row's ratio as text: least, median, greatest."""
    if found.get("ratio") is None:
        return ""
    parts = (found.get("ratio_min"), found["ratio"], found.get("ratio_max"))
    return " ".join(f"{part:.2f}" for part in parts if part is not None)


def verdict(found: Row) -> str:
    """Return the target and whether it is met."""
    if found.get("target") is None:
        return ""
    sign = "<=" if found["lower_is_better"] else ">="
    return f"{sign} {found['target']}" + ("" if meets_target(found) else " missed")


def table(rows: list[Row]) -> Table:
    """Return the rows for people."""
    made = Table("what", "value", "reference", "ratio (min median max)", "target")
    for found in rows:
        value = f"{found['value']:.4g} {found['unit']}"
        made.add_row(found["name"], value, str(found["reference"] or ""), spread(found), verdict(found))
    return made


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run: small sizes, figures of no worth")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    options = parser.parse_args()
    rows: list[Row] = []
    for name in options.only:
        print(f"measuring: {name}", flush=True)
        rows += measure(name, quick=options.quick)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")
    Console(width=160).print(table(rows))
    return 0 if options.quick or all(map(meets_target, rows)) else 1


if __name__ == "__main__":
    sys.exit(main())
