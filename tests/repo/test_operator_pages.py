"""What the operator's pages say to type is what the programs take; tests/e2e runs most of it."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from assay.node.cli.commands import assayd
from assay.node.settings import parse_settings

PAGES = ("backup.md", "hardening.md", "metrics.md")
_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
# A value for each name that a page leaves to the reader.
_STANDS_FOR = {"HOME": "home", "OLD_HOME": "old", "ID@HOST:26656": f"{'a' * 40}@node.example:26656"}


def blocks(repository: Path, language: str) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for kind, text in _BLOCK.findall((repository / "docs" / page).read_text()):
            if kind == language:
                yield page, text


def commands(repository: Path) -> list[list[str]]:
    """Every line of a page that calls assayd, as words."""
    lines = (line.strip() for _, text in blocks(repository, "") for line in text.splitlines())
    called = (re.search(r"(?:^|/|\s)assayd (.*)", line) for line in lines)
    return [shlex.split(found[1]) for found in called if found and "&&" not in found[1]]


def parse(command: click.Command, words: list[str], parent: click.Context | None = None) -> None:
    """Parse a command line without running it; click says what it does not know."""
    with command.make_context(command.name, list(words), parent, resilient_parsing=False) as context:
        if isinstance(command, click.Group):
            name, child, rest = command.resolve_command(context, [*context._protected_args, *context.args])
            assert child is not None, name
            parse(child, rest, context)


def test_every_command_of_the_pages_is_known(repository: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("genesis.json", "old/data/priv_validator_state.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = commands(repository)
    assert len(found) >= 8
    for words in found:
        filled = [
            re.sub(r"\b(?:OLD_)?HOME\b", lambda name: _STANDS_FOR[name[0]], _STANDS_FOR.get(word, word))
            for word in words
        ]
        backup = [str(tmp_path) if word.startswith("/backups/") else word for word in filled]
        parse(assayd, backup)


def test_a_command_that_is_unknown_is_noticed() -> None:
    with pytest.raises(click.UsageError):
        parse(assayd, ["backup"])
    with pytest.raises(click.UsageError):
        parse(assayd, ["rollback", "--harder"])


def test_every_setting_of_the_pages_is_known(repository: Path) -> None:
    """Sections of assayd.toml are parsed as a node does; those of CometBFT are in the file it writes."""
    for page, text in blocks(repository, "toml"):
        table = tomllib.loads(re.sub(r"^ +", "", text, flags=re.MULTILINE))
        if set(table) == {"instrumentation"}:
            assert set(table["instrumentation"]) == {"prometheus", "prometheus_listen_addr"}
        else:
            parse_settings(table, page)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(repository: Path, page: str) -> None:
    text = (repository / "docs" / page).read_text()
    for target in re.findall(r"\]\((?!http)([^)#]+)", text):
        assert (repository / "docs" / target).exists(), target
