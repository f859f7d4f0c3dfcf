"""The checkout is laid out as the Makefile, the packages and CI take it to be."""

import os
import re
import subprocess
from pathlib import Path

import pytest

PACKAGES = ("client", "crypto", "node", "proto", "state")
TARGETS = "setup demo test test-long lint format typecheck proto bench clean help"


def tracked(repository: Path) -> list[Path]:
    """Files that git tracks and that are there, links left out."""
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=repository, text=True)
    paths = (repository / name for name in listed.split("\0") if name)
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def python_files(repository: Path) -> list[Path]:
    return [path for path in tracked(repository) if path.suffix == ".py"]


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_are_reached_through_links(repository: Path, name: str) -> None:
    link = repository / "src" / "assay" / name
    assert link.is_symlink()
    assert os.readlink(link) == f"../../{name}"
    assert (repository / name / "__init__.py").is_file()


def test_make_refuses_a_checkout_without_links(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text((repository / "Makefile").read_text())
    for name in PACKAGES:
        (tmp_path / "src" / "assay").mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / "assay" / name).write_text(f"../../{name}")  # what git writes where links are off
    done = subprocess.run(["make", "symlinks"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "src/assay/client must be a symbolic link" in done.stdout
    assert "core.symlinks" in done.stdout


def test_every_directory_with_code_is_a_package(repository: Path) -> None:
    """A directory without __init__.py is left out of the wheel without a word."""
    code = [path for path in python_files(repository) if path.relative_to(repository).parts[0] in PACKAGES]
    assert code
    assert {path.parent for path in code if not (path.parent / "__init__.py").is_file()} == set()


def test_nothing_imports_a_package_by_its_top_level_name(repository: Path) -> None:
    pattern = re.compile(rf"^\s*(?:from|import) (?:{'|'.join(PACKAGES)})(?:\.| import|$)", re.MULTILINE)
    assert [path for path in python_files(repository) if pattern.search(path.read_text())] == []


def test_readme_and_ci_run_the_same_tests(repository: Path) -> None:
    assert re.search(r"^(?:\$ )?make test$", (repository / "README.md").read_text(), re.MULTILINE)
    assert re.search(r"^step make test$", (repository / ".ci" / "run").read_text(), re.MULTILINE)


def test_help_lists_every_target_that_the_readme_names(repository: Path) -> None:
    listed = subprocess.check_output(["make", "help"], cwd=repository, text=True)
    targets = set(re.findall(r"^  make ([a-z-]+)", listed, re.MULTILINE))
    assert set(TARGETS.split()) <= targets
    named = set(re.findall(r"^(?:\$ )?make ([a-z-]+)", (repository / "README.md").read_text(), re.MULTILINE))
    assert named <= targets


def test_no_tracked_file_names_a_machine_or_a_registry(repository: Path) -> None:
    # Written apart, or this file would be found as well.
    words = ["/wor" + "k/", "/roo" + "t/", "py" + "pi.org", "proxy.go" + "lang", "registry.npm" + "js"]
    pattern = re.compile("|".join(map(re.escape, words)).encode())
    assert [path for path in tracked(repository) if pattern.search(path.read_bytes())] == []
