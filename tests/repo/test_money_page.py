"""The figures of docs/money.md are what the payout formula and the gas table give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_tables_are_what_the_formula_says() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "money_figures.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
