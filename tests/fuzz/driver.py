"""One target under one tool, in a process of its own, because a finding ends it.

    python -m tests.fuzz.driver fuzz NAME FOLDER RUNS SEED     atheris: mutate, guided by branches
    python -m tests.fuzz.driver cover NAME FOLDER              coverage: the branches its inputs reach

Both print one line of JSON as their last. FOLDER holds the inputs that were found to reach something new.
"""

from __future__ import annotations

import atexit
import importlib
import json
import sys
from pathlib import Path

COMPILED = ("assay.crypto.ring.compiled", "assay.crypto.proof.compiled")
"""numba cannot compile what is instrumented, so these are imported before."""
ROOT = Path(__file__).resolve().parents[2]


def fuzz(name: str, folder: Path, runs: int, seed: int) -> None:
    """Run a target on changed inputs; ends the process."""
    import atheris

    for module in COMPILED:
        importlib.import_module(module)
    with atheris.instrument_imports(include=["assay"]):
        from tests.fuzz.targets import TARGETS
    target = TARGETS[name]
    counts = {"runs": 0, "passed": 0}

    def once(data: bytes) -> None:
        counts["runs"] += 1
        counts["passed"] += target.run(data)

    for number, valid in enumerate(target.seeds()):
        (folder / f"valid-{number:03}").write_bytes(valid)
    atexit.register(lambda: print(json.dumps(counts), flush=True))
    options = [
        f"-atheris_runs={runs}",
        f"-seed={seed}",
        "-max_len=4096",
        "-verbosity=0",
        "-rss_limit_mb=4096",
    ]
    atheris.Setup([name, str(folder), *options, f"-artifact_prefix={folder.parent}/{name}-"], once)
    atheris.Fuzz()


def cover(name: str, folder: Path) -> None:
    """Count the branches of a target's modules that its inputs reach."""
    import coverage
    from tests.fuzz.targets import TARGETS

    target = TARGETS[name]
    files = [str(ROOT / module) for module in target.modules]
    measured = coverage.Coverage(branch=True, include=files, data_file=None, config_file=False)
    with measured.collect():
        for path in sorted(folder.iterdir()):
            target.run(path.read_bytes())
    taken = known = 0
    for file in files:
        numbers = measured._analyze(file).numbers  # the public reports only print
        taken += numbers.n_executed_branches
        known += numbers.n_branches
    print(json.dumps({"inputs": len(list(folder.iterdir())), "taken": taken, "branches": known}))


if __name__ == "__main__":
    command, which, place, *numbers = sys.argv[1:]
    if command == "fuzz":
        fuzz(which, Path(place), *map(int, numbers))
    else:
        cover(which, Path(place))
