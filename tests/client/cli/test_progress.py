"""What people see while something long goes on, on a terminal and elsewhere."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from assay.client.cli.progress import steps
from assay.client.cli.session import Session
from assay.client.home import Home
from assay.client.progress import advance


def shown(folder: Path, *, terminal: bool, output: str = "text") -> str:
    """What three steps leave on the error stream."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=terminal, width=100)
    with steps(Session(Home(folder), output=output, err=console)) as report:
        report("training on 5 rows")
        report("revealing 400 encrypted bytes")
        advance(100, 400)
        advance(300, 400)
        report("waiting")
    return screen.getvalue()


def test_a_terminal_has_a_bar_of_the_present_step(tmp_path: Path) -> None:
    text = shown(tmp_path, terminal=True)
    assert "training on 5 rows" in text
    assert "25%" in text
    assert text.index("25%") < text.index("75%")
    assert "100%" not in text  # a new step begins anew: it is not the end of the one before


def test_elsewhere_each_step_is_a_line_and_nothing_else(tmp_path: Path) -> None:
    text = shown(tmp_path, terminal=False)
    assert text.splitlines() == ["training on 5 rows", "revealing 400 encrypted bytes", "waiting"]


def test_nothing_is_mixed_with_json(tmp_path: Path) -> None:
    assert shown(tmp_path, terminal=True, output="json") == ""
