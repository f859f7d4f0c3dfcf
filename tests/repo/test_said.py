"""The sentences for which the pages say what to do are sentences that our programs print."""

import re
from pathlib import Path

import pytest
from tests.e2e.pages.page import Page, cells, docs

PAGES = {"light-client.md": 12, "state-sync.md": 4}
_THEIRS = re.compile(r"` .*\b(?:there|cometbft\.log)\b")
"""What a row says of sentences that stand in CometBFT's log."""


def said(page: Page) -> list[str]:
    """Return what the first cells of a page's tables quote."""
    first = (row[0] for row in cells(page))
    return [cell[1:].split("`")[0] for cell in first if cell.startswith("`") and not _THEIRS.search(cell)]


@pytest.fixture(scope="module")
def source(repository: Path) -> str:
    """What our programs may say: each text in one piece, with … for what is filled in."""
    files = [path for name in ("client", "node") for path in (repository / name).rglob("*.py")]
    joined = re.sub(r'"\s*\n\s*f?"', "", "".join(path.read_text(encoding="utf-8") for path in files))
    return re.sub(r"\{[^{}]*\}", "…", joined)


@pytest.mark.parametrize("name", PAGES)
def test_every_sentence_of_the_table_can_be_said(name: str, repository: Path, source: str) -> None:
    found = said(docs(repository, name))
    assert len(found) == PAGES[name]
    for sentence in found:
        words = [part.strip(": ") for part in re.split("…|: |HOME|[0-9]+ of [0-9]+", sentence)]
        assert all(part in source for part in words), sentence
