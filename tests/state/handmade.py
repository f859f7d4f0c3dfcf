"""Tables worked out by hand, as pages of tests/vectors that a reader can check."""

from __future__ import annotations

from pathlib import Path

Row = list[str]


def table(page: str, heading: str) -> list[Row]:
    """The rows of the table under a heading of a page."""
    text = (Path(__file__).parents[1] / "vectors" / page).read_text(encoding="utf-8")
    section = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line[:1] == "|"]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def number(text: str) -> int:
    """A whole number written with commas."""
    return int(text.replace(",", ""))
