"""Codes are stable: each stands once, and the page in docs/ lists them all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from assay.state.rules.errors import all_errors

ROOT = Path(__file__).parents[2]


def test_no_pair_of_codespace_and_code_stands_twice() -> None:
    pairs = [(cls.codespace, cls.code) for cls in all_errors()]
    assert len(pairs) == len(set(pairs)) > 40


def test_the_page_is_what_the_classes_say() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "error_table.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
