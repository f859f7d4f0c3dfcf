"""Apply small patches that each remove one check, and demand that the test named in the patch then fails.

    python tests/mutations/run.py [--budget 10m] [--seed 1] [--jobs 2] [PATCH ...]

A patch is the output of `git diff` with a header above it: a sentence that says what is removed, and the test
that must notice, `# test: tests/state/test_ledger.py::test_transfer_beyond_balance` (several such lines: each
must fail). Every patch is applied to a temporary copy of the tree, never to the tree itself. First the named
tests must pass there without a patch, since a test that fails anyway proves nothing.
"""

import argparse
import os
import queue
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
TEST_TIMEOUT = 600.0  # seconds for the test of one patch
ALL_TESTS_TIMEOUT = 1200.0  # seconds for all of them
PYTEST_FAILED = 1  # pytest's exit code for "some tests failed"; 2 to 5 mean that it could not run them


@dataclass(frozen=True)
class Mutation:
    """A patch and the tests that must fail under it."""

    path: Path
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of one mutation: `error` is None when every named test failed."""

    mutation: Mutation
    error: str | None


class Usage(Exception):
    """The patches cannot be run as they are."""


def read_mutation(path: Path) -> Mutation:
    """Read the header of a patch: the lines above its first `diff` or `---`."""
    header = re.split(r"^(?:diff |--- )", path.read_text(), maxsplit=1, flags=re.MULTILINE)[0]
    tests = tuple(re.findall(r"^# test: (\S+)\s*$", header, flags=re.MULTILINE))
    if not tests:
        raise Usage(f"{path.name} names no test: its header needs a line '# test: tests/...::name'")
    return Mutation(path, tests)


def copy_tree(root: Path, target: Path) -> Path:
    """Copy what git tracks or would track, neither builds nor caches, and lend it the built tools."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        source, copy = root / name, target / name
        if source.is_symlink() or source.is_file():  # neither: deleted, not yet committed
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)
    (target / "out").mkdir()
    (target / "out" / "bin").symlink_to(root / "out" / "bin")
    return target


def environment(tree: Path) -> dict[str, str]:
    """Import from the copy; write no bytecode, which a patch of equal size in the same second keeps valid."""
    return os.environ | {
        "PYTHONPATH": str(tree / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "GIT_CEILING_DIRECTORIES": str(tree.parent),
    }


def capture(
    tree: Path, command: Sequence[str], timeout: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a copy and keep its output."""
    return subprocess.run(
        command, cwd=tree, env=environment(tree), capture_output=True, text=True, timeout=timeout, check=False
    )


def run_tests(tree: Path, tests: Iterable[str], timeout: float = TEST_TIMEOUT) -> tuple[int, str]:
    """Run tests in a copy; returns pytest's exit code and its output."""
    options = ["-q", "-x", "-m", ""]
    try:
        done = capture(tree, [sys.executable, "-m", "pytest", *options, *tests], timeout)
    except subprocess.TimeoutExpired:
        return -1, f"no answer within {timeout:.0f} s"
    return done.returncode, done.stdout + done.stderr


def git_apply(tree: Path, patch: Path, *options: str) -> str | None:
    """Apply a patch to a copy; returns git's complaint, or None."""
    done = capture(tree, ["git", "apply", *options, str(patch)])
    return None if done.returncode == 0 else done.stderr.strip()


def survivors(tree: Path, mutation: Mutation) -> str | None:
    """Run each named test on a patched copy; returns what is wrong, or None when all of them failed."""
    for test in mutation.tests:
        code, output = run_tests(tree, [test])
        if code == 0:
            return f"{test} still passes"
        if code != PYTEST_FAILED:
            return f"{test} could not be run (pytest ended with {code}):\n{output[-2000:]}"
    return None


def run_mutation(tree: Path, mutation: Mutation) -> Outcome:
    """Apply, test, take back."""
    complaint = git_apply(tree, mutation.path)
    if complaint is not None:
        return Outcome(mutation, f"the patch does not apply: {complaint}")
    try:
        return Outcome(mutation, survivors(tree, mutation))
    finally:
        git_apply(tree, mutation.path, "--reverse")


def failing_before(tree: Path, mutations: Sequence[Mutation]) -> str | None:
    """Run all named tests without a patch; returns pytest's output when one of them does not pass."""
    tests = sorted({test for mutation in mutations for test in mutation.tests})
    code, output = run_tests(tree, tests, ALL_TESTS_TIMEOUT)
    return None if code == 0 else output[-4000:]


def run_all(root: Path, mutations: Sequence[Mutation], *, deadline: float, jobs: int) -> list[Outcome]:
    """Run mutations on `jobs` copies of the tree, none after the deadline; returns those that ran."""
    with tempfile.TemporaryDirectory(prefix="assay-mutations-") as directory:
        copies: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for number in range(jobs):
            (Path(directory) / str(number)).mkdir()
            copies.put(copy_tree(root, Path(directory) / str(number)))
        first = copies.get()
        complaint = failing_before(first, mutations)
        copies.put(first)
        if complaint is not None:
            raise Usage(f"the named tests do not all pass without a patch:\n{complaint}")

        def one(mutation: Mutation) -> Outcome | None:
            if time.monotonic() > deadline:
                return None
            tree = copies.get()
            try:
                return report(run_mutation(tree, mutation))
            finally:
                copies.put(tree)

        with ThreadPoolExecutor(jobs) as pool:
            return [outcome for outcome in pool.map(one, mutations) if outcome is not None]


def report(outcome: Outcome) -> Outcome:
    """Print one line for a mutation that ran, more for one that was not noticed."""
    verdict = "noticed" if outcome.error is None else f"NOT NOTICED: {outcome.error}"
    print(f"{outcome.mutation.path.stem}: {verdict}", flush=True)
    return outcome


def seconds(text: str) -> float:
    """Read a duration such as 90, 90s, 20m or 1h."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration: expected 90s, 20m, 1h or the like")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("patches", nargs="*", type=Path, help="default: all beside this script")
    parser.add_argument("--root", type=Path, default=HERE.parent.parent, help="the tree to copy")
    parser.add_argument("--budget", type=seconds, default=3600.0, help="start no patch later than this")
    parser.add_argument("--seed", type=int, default=0, help="the order in which patches are taken")
    parser.add_argument("--jobs", type=int, default=2, help="patches at a time")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the patches; 0 when all that ran were noticed, 1 when one was not, 2 when they cannot be run."""
    arguments = parse_arguments(argv)
    deadline = time.monotonic() + arguments.budget
    paths = [path.resolve() for path in arguments.patches] or sorted(HERE.glob("*.patch"))
    random.Random(arguments.seed).shuffle(paths)
    try:
        mutations = [read_mutation(path) for path in paths]
        if not mutations:
            raise Usage(f"there is no patch in {HERE}")
        outcomes = run_all(arguments.root.resolve(), mutations, deadline=deadline, jobs=arguments.jobs)
    except Usage as problem:
        print(f"mutations: {problem}", file=sys.stderr)
        return 2
    passed = sum(outcome.error is None for outcome in outcomes)
    left = len(mutations) - len(outcomes)
    if left:
        print(f"the budget is used up: {left} of {len(mutations)} patches were not run")
    print(f"mutations: {passed} passed, {len(outcomes) - passed} failed, {left} skipped")
    return 0 if passed == len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
