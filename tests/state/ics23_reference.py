"""Verdicts about ICS-23 proofs: our verifier's, and those of implementations that are not ours.

These are the reference implementation in Go (tools/ics23) and the Rust crate (tools/ics23-rust); both
programs take the same lines and give the same words.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from assay.state.rules import ics23

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {"go": ROOT / "out" / "bin" / "ics23-verify", "rust": ROOT / "out" / "bin" / "ics23-verify-rust"}
SOURCES = {"go": ROOT / "tools" / "ics23", "rust": ROOT / "tools" / "ics23-rust"}


class Claim(NamedTuple):
    """A proof and what it should show; without a value, that the key is absent."""

    root: bytes
    key: bytes
    value: bytes | None
    proof: bytes


def accepted(claim: Claim) -> bool:
    """Whether our verifier accepts a claim."""
    try:
        if claim.value is None:
            ics23.verify_non_membership(claim.root, claim.key, claim.proof)
        else:
            ics23.verify_membership(claim.root, claim.key, claim.value, claim.proof)
    except ics23.ProofError:
        return False
    return True


def reference_verdicts(claims: Iterable[Claim], language: str = "go") -> list[bool]:
    """For each claim, whether an implementation that is not ours accepts it."""
    lines = [
        " ".join(
            (
                claim.root.hex(),
                claim.key.hex(),
                "-" if claim.value is None else claim.value.hex(),
                claim.proof.hex(),
            )
        )
        for claim in claims
    ]
    _build(language)
    given = "\n".join(lines) + "\n"
    ran = subprocess.run([PROGRAMS[language]], input=given, capture_output=True, text=True, check=True)
    verdicts = [{"true": True, "false": False}[word] for word in ran.stdout.split()]
    assert len(verdicts) == len(lines)
    return verdicts


def _build(language: str) -> None:
    """Build a program unless `make` or an earlier test has done so."""
    program, sources = PROGRAMS[language], SOURCES[language]
    newest = max(path.stat().st_mtime for path in sources.rglob("*") if path.is_file())
    if program.exists() and program.stat().st_mtime >= newest:
        return
    if language == "go":
        subprocess.run([ROOT / "tools" / "build.sh", "tools/ics23", ".", "out/bin/ics23-verify"], check=True)
    else:
        _cargo(sources, program)


def _cargo(sources: Path, program: Path) -> None:
    if shutil.which("cargo") is None:
        pytest.fail("the crate that checks our proofs is Rust: install cargo (https://rustup.rs)")
    target = ROOT / "out" / "cache" / "cargo"
    command = ["cargo", "build", "--quiet", "--release", "--locked", "--target-dir", str(target)]
    subprocess.run(command, cwd=sources, check=True)
    program.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(target / "release" / program.name, program)
