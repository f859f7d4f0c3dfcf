"""Run the long tests, the fuzzers and the mutations within a time budget: `make test-long BUDGET=20m SEED=1`.

The seed decides the order of all and what Hypothesis draws. What the budget leaves no time for is reported
as skipped; since every commit has a seed of its own, another commit runs another part of it first.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from run import seconds

ROOT = Path(__file__).resolve().parent.parent.parent
LONG_TESTS_SHARE = 0.5  # of the budget
RUNS_A_SECOND = 4200  # of the fuzzers, in a fifth of the budget; a million at most
MOST_RUNS = 1_000_000
# What the three programs call a failure; repeated at the end, which is all that some see of a long output.
_FAILURE = re.compile(r"^(FAILED|ERROR) |: NOT NOTICED: |^mutations: |, failed: ")


def run(seed: int, *command: str) -> list[str]:
    """Run a Python command in the checkout; return its lines about failures, none if it ended well."""
    print("$ python", *command, flush=True)
    environment = os.environ | {"ASSAY_TEST_SEED": str(seed)}
    telling: list[str] = []
    with subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            telling += [line.rstrip()] if _FAILURE.search(line) else []
    if process.returncode:
        return [*telling, f"{' '.join(command[:2])} ended with {process.returncode}"]
    return []


def long_tests(seed: int, budget: float) -> list[str]:
    """Run what is marked long."""
    drawn = ["--hypothesis-profile=long", f"--hypothesis-seed={seed}", f"--order-seed={seed}"]
    return run(seed, "-m", "pytest", "-m", "long", "--timeout=900", f"--budget={budget:.0f}", *drawn)


def fuzzers(seed: int, budget: float) -> list[str]:
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
    print(*(failures := [*tests, *fuzzed, *mutations]), sep="\n")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
