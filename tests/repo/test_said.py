"""The sentences for which the pages say what to do are sentences that our programs print."""

import re
from pathlib import Path

import pytest
from tests.e2e.pages.page import Page, docs

TABLES = {"light-client.md": ("| it says |", 12), "state-sync.md": ("| what is printed |", 4)}
_THEIRS = re.compile(r"\b(?:there|cometbft\.log)\b")
"""What a row says of sentences that stand in CometBFT's log."""


def sentences(page: Page, head: str) -> list[str]:
    """Return what the first cells of a table quote."""
    table = page.text.split(head)[1].split("\n\n")[0]
    rows = re.findall(r"^\| `([^`|]*)`([^|]*)\|", table, re.MULTILINE)
    return [said for said, more in rows if not _THEIRS.search(more)]


@pytest.fixture(scope="module")
def source(repository: Path) -> str:
    """What our programs may say: each text in one piece, with … for what is filled in."""
    files = [path for name in ("client", "node") for path in (repository / name).rglob("*.py")]
    joined = re.sub(r'"\s*\n\s*f?"', "", "".join(path.read_text(encoding="utf-8") for path in files))
    return re.sub(r"\{[^{}]*\}", "…", joined)


@pytest.mark.parametrize("name", TABLES)
def test_every_sentence_of_the_table_can_be_said(name: str, repository: Path, source: str) -> None:
    head, count = TABLES[name]
    found = sentences(docs(repository, name), head)
    assert len(found) == count
    for sentence in found:
        words = [part.strip(": ") for part in re.split("…|: |HOME|[0-9]+ of [0-9]+", sentence)]
        assert all(part in source for part in words), sentence
