"""Many ways through one chain, drawn from a seed; every call and every sequence must be among them.

    python -m tests.node.conformance.run --seed 1 --paths 200

prints how often each was drawn, and fails where an answer or an app hash is another one.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests import founding
from tests.node.conformance.course import first_run
from tests.node.conformance.paths import CALLS, SEQUENCES, Walk

from assay.node import logs


async def check_paths(directory: Path, seed: int, count: int) -> None:
    """Go so many ways, each from an empty directory."""
    course = await first_run(directory / "first", founding.founder(0).operator.address, seed)
    calls, sequences = Counter[str](), Counter[str]()
    for number in range(count):
        walk = Walk(course, directory / str(number), Random(f"{seed}/{number}"))
        await walk.walk()
        calls += walk.calls
        sequences += walk.sequences
    print(f"{count} paths over {len(course.blocks)} blocks with seed {seed}, {calls.total()} calls")
    for name, drawn in (*sorted(calls.items()), *sorted(sequences.items())):
        print(f"{drawn:7} {name}")
    assert set(calls) == CALLS
    assert set(sequences) == SEQUENCES


def main() -> None:
    """Make one run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--paths", type=int, default=200)
    chosen = parser.parse_args()
    logs.configure("text", "error")
    with TemporaryDirectory() as folder:
        asyncio.run(check_paths(Path(folder), chosen.seed, chosen.paths))


if __name__ == "__main__":
    main()
