"""Run the long tests, the fuzzers and the mutations within a time budget: `make test-long BUDGET=20m SEED=1`.

The seed decides the order of all and what Hypothesis draws. What the budget leaves no time for is reported
as skipped; since every commit has a seed of its own, another commit runs another part of it first.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from run import seconds

ROOT = Path(__file__).resolve().parent.parent.parent
LONG_TESTS_SHARE = 0.5  # of the budget
RUNS_A_SECOND = 4200  # of the fuzzers, in a fifth of the budget; a million at most
MOST_RUNS = 1_000_000


def run(seed: int, *command: str) -> int:
    """Run a Python command in the checkout and return its exit code."""
    print("$ python", *command, flush=True)
    environment = os.environ | {"ASSAY_TEST_SEED": str(seed)}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=False).returncode


def long_tests(seed: int, budget: float) -> int:
    """Run what is marked long."""
    drawn = ["--hypothesis-profile=long", f"--hypothesis-seed={seed}", f"--order-seed={seed}"]
    return run(seed, "-m", "pytest", "-m", "long", "--timeout=900", f"--budget={budget:.0f}", *drawn)


def fuzzers(seed: int, budget: float) -> int:
    """Fuzz every way in for about so many seconds: the mutations get what is left."""
    runs = min(MOST_RUNS, int(budget * RUNS_A_SECOND))
    return run(seed, "-m", "tests.fuzz.campaign", f"--runs={runs}", f"--seed={seed}")


def main() -> int:
    """Run all; non-zero when any failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--budget", type=seconds, default=seconds("20m"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    seed, deadline = arguments.seed, time.monotonic() + arguments.budget
    print(f"budget {arguments.budget:.0f} s, seed {seed} (to repeat it: make test-long SEED={seed})")
    tests = long_tests(seed, arguments.budget * LONG_TESTS_SHARE)
    fuzzed = fuzzers(seed, arguments.budget / 5)
    left = max(0.0, deadline - time.monotonic())
    mutations = run(seed, "tests/mutations/run.py", f"--budget={left:.0f}", f"--seed={seed}")
    return int(any((tests, fuzzed, mutations)))


if __name__ == "__main__":
    sys.exit(main())
