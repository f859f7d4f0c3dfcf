"""Fuzz every way in: `make fuzz RUNS=1000000 SEED=1`.

Prints for each target how many inputs were tried, how many of them got through the first parser, and how
many branches of the modules concerned the inputs reach that were worth keeping. An input that made a target
fail is left in out/fuzz; `python -m tests.fuzz.campaign --again FILE` runs it alone.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "out" / "fuzz"


def driver(*arguments: object) -> dict[str, Any]:
    """Run the driver; return what it says last.

    Raises
    ------
    RuntimeError
        If it failed, with the end of what it printed.
    """
    command = [sys.executable, "-m", "tests.fuzz.driver", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr)[-1500:])
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def campaign(runs: int, seed: int) -> bool:
    """Fuzz all targets for so many runs together; return whether none failed."""
    shutil.rmtree(OUT, ignore_errors=True)
    print(f"{'target':<14}{'executions':>12}{'past the first parser':>24}{'branches':>16}")
    failed, total = [], 0
    for name, target in TARGETS.items():
        folder = OUT / name
        folder.mkdir(parents=True)
        try:
            found = driver("fuzz", name, folder, runs * target.share // 1000, seed)
            reached = driver("cover", name, folder)
        except RuntimeError as error:
            print(f"{name:<14}FAILED\n{error}")
            failed.append(name)
            continue
        total += found["runs"]
        part = f"{found['passed']:,} ({found['passed'] / max(1, found['runs']):.0%})"
        branches = f"{reached['taken']} of {reached['branches']}"
        print(f"{name:<14}{found['runs']:>12,}{part:>24}{branches:>16}", flush=True)
    print(f"{total:,} executions, failed: {', '.join(failed) or 'none'}")
    return not failed


def main() -> int:
    """Run a campaign, or one input again."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=Path, help="an input that failed; its name begins with the target's")
    arguments = parser.parse_args()
    if arguments.again:
        TARGETS[arguments.again.name.split("-")[0]].run(arguments.again.read_bytes())
        return 0
    return int(not campaign(arguments.runs, arguments.seed))


if __name__ == "__main__":
    sys.exit(main())
