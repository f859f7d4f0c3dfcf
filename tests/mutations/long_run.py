"""Run the long tests and the mutations within a time budget: `make test-long BUDGET=20m SEED=1`.

The seed decides the order of both and what Hypothesis draws. What the budget leaves no time for is reported
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
LONG_TESTS_SHARE = 0.6  # of the budget; the mutations get what is left


def run(seed: int, *command: str) -> int:
    """Run a Python command in the checkout and return its exit code."""
    print("$ python", *command, flush=True)
    environment = os.environ | {"ASSAY_TEST_SEED": str(seed)}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=False).returncode


def long_tests(seed: int, budget: float) -> int:
    """Run what is marked long."""
    drawn = ["--hypothesis-profile=long", f"--hypothesis-seed={seed}", f"--order-seed={seed}"]
    return run(seed, "-m", "pytest", "-m", "long", "--timeout=900", f"--budget={budget:.0f}", *drawn)


def main() -> int:
    """Run both; non-zero when either failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--budget", type=seconds, default=seconds("20m"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    seed, deadline = arguments.seed, time.monotonic() + arguments.budget
    print(f"budget {arguments.budget:.0f} s, seed {seed} (to repeat it: make test-long SEED={seed})")
    tests = long_tests(seed, arguments.budget * LONG_TESTS_SHARE)
    left = max(0.0, deadline - time.monotonic())
    mutations = run(seed, "tests/mutations/run.py", f"--budget={left:.0f}", f"--seed={seed}")
    return int(tests != 0 or mutations != 0)


if __name__ == "__main__":
    sys.exit(main())
