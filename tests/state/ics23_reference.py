"""Verdicts about ICS-23 proofs: our verifier's, and the reference implementation's (tools/ics23)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from assay.state.rules import ics23

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "out" / "bin" / "ics23-verify"
SOURCES = [ROOT / "tools" / "ics23" / name for name in ("main.go", "go.mod", "go.sum")]


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


def reference_verdicts(claims: Iterable[Claim]) -> list[bool]:
    """For each claim, whether the reference implementation accepts it."""
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
    _build()
    ran = subprocess.run([PROGRAM], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    verdicts = [{"true": True, "false": False}[word] for word in ran.stdout.split()]
    assert len(verdicts) == len(lines)
    return verdicts


def _build() -> None:
    """Build the program unless `make` has done so."""
    newest = max(path.stat().st_mtime for path in SOURCES)
    if not PROGRAM.exists() or PROGRAM.stat().st_mtime < newest:
        subprocess.run([ROOT / "tools" / "build.sh", "tools/ics23", ".", "out/bin/ics23-verify"], check=True)
