"""What the pages say to type is what the programs take, and most of it is typed by a test on real nodes."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import click
import pytest
from tests.e2e.pages.page import Page, cells, docs

from assay.client.cli.main import main as assay
from assay.node.cli.commands import assayd
from assay.node.settings import parse_settings

PROGRAMS: dict[str, click.Command] = {"assay": assay, "assayd": assayd}

COMETBFT = {"instrumentation", "p2p", "priv_validator_laddr", "tx_index"}
"""What pages show of CometBFT's file; tests write it there, and the file has to know it."""

# A value for each name that a page leaves to the reader.
STANDS_FOR = {
    "HOME": "home",
    "OLD_HOME": "old",
    "ID@HOST:26656": f"{'a' * 40}@node.example:26656",
    "ID@HOST:PORT": f"{'a' * 40}@node.example:26656",
    "HOST:26656": "node.example:26656",
    "HEIGHT:HASH": f"7:{'0A' * 32}",
    "URL": "http://node.example:26657",
    "ADDRESS": "assay18wvm6xmsczsvvtt2ank64p35lcgs3nluapg2zx",
    "KEY": "00" * 32,
    "PROOF": "00" * 64,
}
_NAME = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(STANDS_FOR, key=len, reverse=True))})(?!\w)")
_INNER = re.compile(r"\$\(([^()]*)\)")


@pytest.fixture(scope="module")
def pages(repository: Path) -> list[Page]:
    """Every page there is, the first of them included."""
    return [Page(path) for path in [*sorted((repository / "docs").glob("*.md")), repository / "README.md"]]


def calls(text: str) -> Iterator[tuple[str, list[str]]]:
    """Find the calls of our programs in a line of the shell, those inside others too."""
    for inner in _INNER.findall(text):
        yield from calls(inner)
    filled = _NAME.sub(lambda name: STANDS_FOR[name[0]], _INNER.sub(_inner_prints, text))
    lexer = shlex.shlex(filled, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    for between, words in groupby(lexer, lambda word: set(word) <= set("|&;<>()")):
        called = [] if between else list(words)
        called = called[3:] if called[:2] == ["sudo", "-u"] else called
        if called and (program := Path(called[0]).name) in PROGRAMS:
            yield program, called[1:]


def _inner_prints(inner: re.Match[str]) -> str:
    return "a" * 40 if "node-id" in inner[1] else STANDS_FOR["ADDRESS"]


def parse(command: click.Command, words: list[str], parent: click.Context | None = None) -> None:
    """Parse a command line without running it; click says what it does not know."""
    with command.make_context(command.name, list(words), parent, resilient_parsing=False) as context:
        left = [*context._protected_args, *context.args]
        if isinstance(command, click.Group) and (left or not command.invoke_without_command):
            name, child, rest = command.resolve_command(context, left)
            assert child is not None, name
            parse(child, rest, context)


def check_known(command: click.Command, words: list[str]) -> None:
    """Check that commands and options exist, whatever arguments are left out."""
    while isinstance(command, click.Group):
        place = next((at for at, word in enumerate(words) if word in command.list_commands(_CONTEXT)), None)
        if place is None:
            assert len(words) <= 1 or words[0].startswith("-"), words
            break
        found = command.get_command(_CONTEXT, words[place])
        check_options(command, words[:place])
        assert found is not None
        command, words = found, words[place + 1 :]
    check_options(command, words)


_CONTEXT = click.Context(assay)


def check_options(command: click.Command, words: list[str]) -> None:
    known = {opt for option in command.params for opt in (*option.opts, *option.secondary_opts)} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= known, (command.name, words)


def given_files(folder: Path, words: list[str]) -> list[str]:
    """Make the files that a command reads."""
    for word in words:
        if re.fullmatch(r"[\w/-]+\.(?:json|csv)", word):
            (folder / word).parent.mkdir(parents=True, exist_ok=True)
            (folder / word).touch()
    (folder / "gentxs").mkdir(exist_ok=True)
    return [str(folder) if word.startswith("/backups/") else word for word in words]


def test_every_command_of_the_pages_is_known(pages: list[Page], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    count = 0
    for page in pages:
        for command in page.commands():
            for program, words in calls(command.text):
                count += 1
                try:
                    parse(PROGRAMS[program], given_files(tmp_path, words))
                except click.ClickException as error:
                    pytest.fail(f"{page.name}: {command.text}\n{error.format_message()}")
    assert count >= 60


def test_every_command_that_a_sentence_names_is_known(pages: list[Page]) -> None:
    spans = [span for page in pages for span in re.findall(r"`(assayd? [^`]*)`", page.text)]
    assert len(spans) >= 60
    for span in spans:
        program, *words = span.split()
        check_known(PROGRAMS[program], words)


def test_a_command_that_is_unknown_is_noticed() -> None:
    for words in (["backup"], ["rollback", "--harder"]):
        with pytest.raises(click.UsageError):
            parse(assayd, words)
    for words in (["rollback", "--harder"], ["--house", "x", "backup"], ["roll", "back"]):
        with pytest.raises(AssertionError):
            check_known(assayd, words)


def test_commands_stand_in_blocks_that_are_read_as_such(pages: list[Page]) -> None:
    for page in pages:
        for block in page.blocks:
            if block.language in ("", "text"):
                assert not re.search(r"^(?:\$ |\S*assayd? (?!\[)[a-z-])", block.text, re.MULTILINE), page.name


def typed_by(repository: Path) -> dict[str, list[str]]:
    """Return the table of docs/testing.md: a page, and the tests that type it."""
    rows = (row for row in cells(docs(repository, "testing.md")) if row[0].startswith("["))
    return {re.findall(r"\[(.*?)\]", page)[0]: re.findall(r"`(.*?)`", tests) for page, tests in rows}


def test_every_page_with_commands_is_typed_by_a_test(pages: list[Page], repository: Path) -> None:
    typed, left = typed_by(repository), set()
    for page in pages:
        sections = {each.section for each in page.commands() if any(calls(each.text))}
        sources = "".join((repository / name).read_text() for name in typed.get(page.name, ()))
        if f'"{page.name}"' not in sources:
            left |= {(page.name, "all of it")} if sections else set()
        elif ".commands()" not in sources:
            left |= {(page.name, title) for title in sections if f'"{title}"' not in sources}
    assert left == set()


# --- settings and links ------------------------------------------------------


def test_every_setting_of_the_pages_is_known(pages: list[Page]) -> None:
    """Sections of assayd.toml are parsed as a node does; those of CometBFT are the ones its file has."""
    for page in pages:
        for block in page.block("toml"):
            for section, values in tomllib.loads(block).items():
                if section not in COMETBFT:
                    parse_settings({section: values}, page.name)


def test_every_target_of_make_is_there(pages: list[Page], repository: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (repository / "Makefile").read_text(), re.MULTILINE))
    for page in pages:
        typed = "\n".join(command.text for command in page.commands())
        named = re.findall(r"^make ([a-z-]+)|`make\s+([a-z-]+)", f"{typed}\n{page.text}", re.MULTILINE)
        assert {one or other for one, other in named} <= targets, page.name


def test_every_file_of_the_repository_that_is_named_is_there(pages: list[Page], repository: Path) -> None:
    """Those below ``config/`` are mostly a node's own."""
    named = re.compile(r"`((?:bench|client|crypto|node|proto|state|tests|tools)/[\w/.-]+)")
    for page in pages:
        assert [path for path in named.findall(page.text) if not (repository / path).exists()] == [], (
            page.name
        )


def test_links_lead_somewhere(pages: list[Page], repository: Path) -> None:
    for page in pages:
        folder = repository if page.name == "README.md" else repository / "docs"
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.text):
            assert (folder / target).exists(), (page.name, target)
