"""The reference made from docstrings: every module has a page, and no page needs a network."""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

# What a browser would load by itself; links that a reader may follow are another thing.
LOADED = re.compile(r"""<(?:script|img|iframe|link)[^>]+(?:src|href)\s*=\s*["']?(?:https?:)?//|@import""")


def build(repository: Path, output: Path, *modules: str) -> None:
    command = [sys.executable, str(repository / "tools" / "api_docs.py"), "--output", str(output), *modules]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def check_offline(pages: Iterable[Path]) -> None:
    for page in pages:
        assert not LOADED.search(page.read_text(encoding="utf-8")), page


def test_a_page_shows_a_module_s_docstrings_in_the_numpy_form(repository: Path, tmp_path: Path) -> None:
    build(repository, tmp_path, "assay.client.amounts", "assay.state.rules.payout")
    text = (tmp_path / "assay" / "client" / "amounts.html").read_text(encoding="utf-8")
    assert "Amounts of tokens as people write and read them." in text
    assert re.search(r"<h6 id=\"parameters\">Parameters</h6>", text)  # a section, not a line of dashes
    assert (tmp_path / "assay" / "state" / "rules" / "payout.html").is_file()
    check_offline(tmp_path.rglob("*.html"))


def test_a_module_that_does_not_import_is_an_error(repository: Path, tmp_path: Path) -> None:
    tool = str(repository / "tools" / "api_docs.py")
    command = [sys.executable, tool, "--output", str(tmp_path), "assay.client.nothing"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "assay.client.nothing" in done.stderr


@pytest.mark.long
def test_every_module_has_a_page(repository: Path, tmp_path: Path) -> None:
    build(repository, tmp_path)
    pages = {str(path.relative_to(tmp_path).with_suffix("")) for path in tmp_path.rglob("*.html")}
    written = [
        path.relative_to(repository)
        for package in ("client", "crypto", "node", "proto", "state")
        for path in (repository / package).rglob("*.py")
    ]
    wanted = {
        str("assay" / (path.parent if path.name == "__init__.py" else path.with_suffix("")))
        for path in written
        if not path.stem.endswith(("_pb2", "__main__"))
    }
    assert len(wanted) > 200
    assert wanted - pages == set()
    check_offline(tmp_path.rglob("*.html"))
