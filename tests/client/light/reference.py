"""Verdicts of CometBFT's own light client (tools/light)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from tests.client.light.forge import Raw, moment

from assay.client.light.errors import HeaderInvalid, NotEnoughTrust, TrustExpired
from assay.client.light.header import NANOSECONDS
from assay.client.light.parse import light_block
from assay.client.light.verify import TrustRules, check_forwards

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / "out" / "bin" / "light-verify"
SOURCES = [ROOT / "tools" / "light" / name for name in ("main.go", "go.mod", "go.sum")]


class Case(NamedTuple):
    """Two blocks, the clock in nanoseconds, and the rules."""

    trusted: Raw
    new: Raw
    now: int
    rules: TrustRules = TrustRules()


def our_verdict(case: Case) -> str:
    """Return "ok", "trust" or "refused"."""
    try:
        trusted, new = (light_block(raw["signed_header"], raw["validators"]) for raw in case[:2])
        check_forwards(trusted, new, case.now, case.rules)
    except NotEnoughTrust:
        return "trust"
    except (HeaderInvalid, TrustExpired, AttributeError, IndexError, KeyError, TypeError, ValueError):
        return "refused"
    return "ok"


def their_verdicts(cases: Iterable[Case]) -> list[str]:
    """For each case "ok", "trust", or "refused" and the reason."""
    lines = [json.dumps(_document(case)) for case in cases]
    _build()
    given = "\n".join(lines) + "\n"
    ran = subprocess.run([PROGRAM], input=given, capture_output=True, text=True, check=True)
    verdicts = ran.stdout.splitlines()
    assert len(verdicts) == len(lines)
    return verdicts


def _document(case: Case) -> dict[str, object]:
    level = Fraction(case.rules.level)
    return {
        "trusted": case.trusted,
        "new": case.new,
        "now": moment(case.now),
        "period": case.rules.period // NANOSECONDS,
        "level": [level.numerator, level.denominator],
    }


def _build() -> None:
    """Build the program unless `make` has done so."""
    newest = max(path.stat().st_mtime for path in SOURCES)
    if not PROGRAM.exists() or PROGRAM.stat().st_mtime < newest:
        subprocess.run([ROOT / "tools" / "build.sh", "tools/light", ".", "out/bin/light-verify"], check=True)
