"""A page's commands and what they show are found as a reader finds them."""

from pathlib import Path

import pytest
from tests.e2e.pages.newcomer import Newcomer, Word
from tests.e2e.pages.page import INTERRUPT, Command, Page, check_shown

TEXT = """# A page
## First
```sh
# said to the reader
assayd init \\
    --quick
assayd start
```
1. In a list:

   ```console
   $ assay keys list
   none
   $ assayd start
   ^C
   ```
## Second
```text
assayd is not typed here
```
"""

SHOWN = """sent 2.5 ASY to assay1zj4tqh6evklruzjwx7z8r6uxa5wqwadm99q6l5 in block 87, transaction A7795613B6CF
┏━━━━━━━━━━┳━━━━━━━━━┓
┃ field    ┃ value   ┃
┡━━━━━━━━━━╇━━━━━━━━━┩
│ height   │ 1,024   │
└──────────┴─────────┘
"""
PRINTED = """sent 1,000 ASY to assay18wvm6xmsczsvvtt2ank64p35lcgs3nluapg2zx in block 7, transaction 00FF00FF
┏━━━━━━━┳━━━━━┓
┃ field ┃ value ┃
│ height │ 9 │
"""


@pytest.fixture
def page(tmp_path: Path) -> Page:
    (tmp_path / "page.md").write_text(TEXT)
    return Page(tmp_path / "page.md")


def test_commands_are_found_with_what_they_show(page: Page) -> None:
    assert page.commands("First") == [
        Command("First", "assayd init      --quick"),
        Command("First", "assayd start"),
        Command("First", "assay keys list", "none\n"),
        Command("First", "assayd start"),
        Command("First", INTERRUPT),
    ]
    assert page.commands() == page.commands("First")
    assert page.block("text", "Second") == ["assayd is not typed here\n"]


def test_a_section_that_is_not_there_is_noticed(page: Page) -> None:
    with pytest.raises(AssertionError, match="Third"):
        page.commands("Third")


def test_other_numbers_and_names_are_the_same_output() -> None:
    check_shown(SHOWN, PRINTED)
    check_shown("horror pumpkin … expire mix", "abandon about zoo wolf tree")


@pytest.mark.parametrize(
    ("right", "wrong"), [("sent", "got"), ("height", "depth"), ("in block", "at block"), ("│ 9 │", "│ no │")]
)
def test_other_words_are_not(right: str, wrong: str) -> None:
    with pytest.raises(AssertionError, match="the page shows"):
        check_shown(SHOWN, PRINTED.replace(right, wrong))


def test_the_order_matters() -> None:
    with pytest.raises(AssertionError, match="the page shows"):
        check_shown("first\nsecond", "second\nfirst")


def test_a_page_s_words_stand_for_what_is_here(tmp_path: Path) -> None:
    words: dict[str, Word] = {"HOME": tmp_path, "URL": ["one", "two"], "http://127.0.0.1:26657": "http://b:9"}
    newcomer = Newcomer(tmp_path / "reader", words, options={" start$": "--log json"})
    sync = "assayd --home HOME state-sync --server URL --server URL"
    assert newcomer.here(sync) == f"assayd --home {tmp_path} state-sync --server one --server two"
    assert newcomer.here(sync, {"URL": "x"}).endswith("--server x --server x")
    assert newcomer.here("assayd --home OLD_HOME start") == "assayd --home OLD_HOME start --log json"
    assert newcomer.here("curl 'http://127.0.0.1:26657/health'") == "curl 'http://b:9/health'"
    assert newcomer.here("curl http://127.0.0.1:266570") == "curl http://127.0.0.1:266570"


def test_a_command_must_succeed_and_show_what_the_page_shows(tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path)
    assert newcomer.type(Command("", "echo 5 blocks", "7 blocks\n")) == "5 blocks\n"
    assert newcomer.refused("echo no; false") == "no\n"
    with pytest.raises(AssertionError, match="the page shows"):
        newcomer.type(Command("", "echo 5 blocks", "7 rounds\n"))
    with pytest.raises(AssertionError, match="false"):
        newcomer.type("false | true")
    with pytest.raises(AssertionError, match="true"):
        newcomer.refused("true")
    with pytest.raises(AssertionError, match="echo no"):
        newcomer.until("echo no", "never", 0)
