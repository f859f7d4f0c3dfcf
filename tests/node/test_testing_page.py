"""docs/testing.md names programs, targets, tests and sequences that are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.e2e.pages.page import Page, docs
from tests.fuzz.targets import TARGETS
from tests.node.conformance.paths import CALLS, SEQUENCES
from tests.node.crash.child import POINTS


@pytest.fixture
def page(repository: Path) -> Page:
    return docs(repository, "testing.md")


def names(page: Page, section: str) -> set[str]:
    """What the output that a section shows counts, but for its first line."""
    (shown,) = page.block("text", section)
    return {line.strip().lstrip("0123456789 ") for line in shown.splitlines()[1:]}


def test_the_figures_are_those_of_what_is_drawn(page: Page) -> None:
    assert names(page, "Calls in any order") == CALLS | SEQUENCES
    assert names(page, "Kills at every stage of a block") == set(POINTS)
    assert {line.split()[0] for line in names(page, "Fuzzing")} - {",000,000"} >= set(TARGETS)


def test_the_commands_take_what_is_typed(page: Page, repository: Path) -> None:
    """Each program is there, and knows the options that the page gives it."""
    typed = [shlex.split(command.text) for command in page.commands() if "python" in command.text]
    assert len(typed) >= 4
    for _, *words in typed:
        program = words[1].replace(".", "/") + ".py" if words[0] == "-m" else words[0]
        source = (repository / program).read_text()
        for option in (word for word in words if word.startswith("--")):
            assert f'add_argument("{option}"' in source, (program, option)


def test_the_tests_it_names_are_there(page: Page, repository: Path) -> None:
    named = re.findall(r"`?(tests/[\w/.-]+)`?", page.text)
    assert len(named) > 8
    assert [name for name in named if not (repository / name).exists()] == []
