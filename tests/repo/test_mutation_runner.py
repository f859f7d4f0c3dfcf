"""The mutation runner tells a check that is tested from one that is not."""

import difflib
import re
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """\
def withdraw(balance, amount):
    if amount > balance:
        raise ValueError("too much")
    if amount < 0:
        raise ValueError("negative")
    return balance - amount
"""
TESTS = """\
import pytest
from shop import withdraw

def test_too_much():
    with pytest.raises(ValueError):
        withdraw(1, 2)

def test_exact():
    assert withdraw(2, 2) == 0

def test_broken_already():
    assert withdraw(2, 1) == 2
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A little repository with code, tests of some of it, and a directory for patches."""
    root = tmp_path / "project"
    for name, text in {"src/shop.py": CODE, "tests/test_shop.py": TESTS, ".gitignore": "/out/\n"}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "src" / "link.py").symlink_to("shop.py")
    (root / "out" / "bin").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return root


def patch(project: Path, name: str, old: str, new: str, *tests: str) -> Path:
    """Write a patch that changes `old` to `new` in the code."""
    before, after = CODE.splitlines(), CODE.replace(old, new).splitlines()
    diff = difflib.unified_diff(before, after, "a/src/shop.py", "b/src/shop.py", lineterm="")
    header = ["Removes a check.", *(f"# test: tests/test_shop.py::{test}" for test in tests), ""]
    path = project / f"{name}.patch"
    path.write_text("\n".join([*header, *diff]) + "\n")
    return path


def run(repository: Path, project: Path, *patches: Path, options: tuple[str, ...] = ()) -> tuple[int, str]:
    script = repository / "tests" / "mutations" / "run.py"
    command = [sys.executable, str(script), "--root", str(project), *options, *map(str, patches)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_counts_a_noticed_and_an_unnoticed_removal(repository: Path, project: Path) -> None:
    noticed = patch(project, "noticed", "amount > balance", "False", "test_too_much")
    unnoticed = patch(project, "unnoticed", "amount < 0", "False", "test_too_much")
    code, output = run(repository, project, noticed, unnoticed)
    assert code == 1
    assert re.search(r"^mutations: 1 passed, 1 failed, 0 skipped$", output, re.MULTILINE)
    assert "noticed: noticed" in output
    assert "unnoticed: NOT NOTICED: tests/test_shop.py::test_too_much still passes" in output
    assert (project / "src" / "shop.py").read_text() == CODE  # the tree itself is left alone


def test_takes_each_patch_back(repository: Path, project: Path) -> None:
    first = patch(project, "first", "amount > balance", "False", "test_too_much")
    second = patch(project, "second", "amount > balance", "amount >= balance", "test_exact")
    code, output = run(repository, project, first, second, options=("--jobs", "1"))
    assert code == 0, output
    assert "mutations: 2 passed, 0 failed, 0 skipped" in output


def test_demands_that_every_named_test_fails(repository: Path, project: Path) -> None:
    half = patch(project, "half", "amount > balance", "False", "test_too_much", "test_exact")
    code, output = run(repository, project, half)
    assert code == 1
    assert "test_exact still passes" in output


def test_refuses_a_test_that_fails_without_the_patch(repository: Path, project: Path) -> None:
    vacuous = patch(project, "vacuous", "amount > balance", "False", "test_broken_already")
    code, output = run(repository, project, vacuous)
    assert code == 2
    assert "do not all pass without a patch" in output


def test_does_not_take_broken_code_for_a_failed_test(repository: Path, project: Path) -> None:
    broken = patch(project, "broken", "amount > balance", "amount >", "test_too_much")
    code, output = run(repository, project, broken)
    assert code == 1
    assert "could not be run" in output


def test_names_a_patch_that_no_longer_applies(repository: Path, project: Path) -> None:
    stale = patch(project, "stale", "amount > balance", "False", "test_too_much")
    (project / "src" / "shop.py").write_text(CODE.replace("amount > balance", "balance < amount"))
    code, output = run(repository, project, stale)
    assert code == 1
    assert "the patch does not apply" in output


def test_refuses_a_patch_without_a_test(repository: Path, project: Path) -> None:
    nameless = patch(project, "nameless", "amount > balance", "False")
    code, output = run(repository, project, nameless)
    assert code == 2
    assert "names no test" in output


def test_keeps_to_its_budget(repository: Path, project: Path) -> None:
    noticed = patch(project, "noticed", "amount > balance", "False", "test_too_much")
    code, output = run(repository, project, noticed, options=("--budget", "0"))
    assert code == 0
    assert "mutations: 0 passed, 0 failed, 1 skipped" in output
