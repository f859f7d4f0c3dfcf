"""A page of docs/: its blocks, the commands that a reader types, and what each is to show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

INTERRUPT = "^C"
"""Stands in a block for the key that ends the program started last."""

# A title, or a block with its language.
_PART = re.compile(
    r"^#+ (?P<title>[^\n]*)$|^ *```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL
)


class Block(NamedTuple):
    """A code block and the title it stands under."""

    section: str
    language: str
    text: str


class Command(NamedTuple):
    """A command of a page, and what the page shows of its output."""

    section: str
    text: str
    shown: str = ""


class Page:
    """A page as its reader sees it.

    Commands are the lines of blocks named ``sh``, and what stands behind ``$`` in blocks named
    ``console``; what follows there is what they show.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.text = path.read_text(encoding="utf-8")
        self.blocks = list(_blocks(self.text))

    def block(self, language: str, section: str | None = None) -> list[str]:
        """Return the text of the blocks in a language, of one section or of all."""
        of_all = (block for block in self.blocks if block.language == language)
        return [block.text for block in of_all if section in (None, block.section)]

    def commands(self, *sections: str) -> list[Command]:
        """Return the commands of some sections, or of all, in their order."""
        missing = set(sections) - {block.section for block in self.blocks}
        assert not missing, f"{self.name} has no commands under {missing}"
        found = (command for block in self.blocks for command in _commands(block))
        return [command for command in found if not sections or command.section in sections]


def cells(page: Page) -> list[list[str]]:
    """Return the rows of all tables of a page, titles and rules included."""
    return [
        [cell.strip() for cell in line[1:-1].split(" | ")]
        for line in re.findall(r"^\|.*\|$", page.text, re.MULTILINE)
    ]


def sentences(cell: str) -> list[str]:
    """Return what a cell quotes, as patterns; ``…`` stands for anything."""
    quoted = re.findall(r"`([^`]+)`", cell)
    return [".*".join(re.escape(part) for part in text.split("…")) for text in quoted]


def docs(repository: Path, name: str) -> Page:
    """Return a page of docs/."""
    return Page(repository / "docs" / name)


def _blocks(text: str) -> Iterator[Block]:
    section = ""
    for part in _PART.finditer(text):
        if part["title"] is None:
            yield Block(section, part["language"], dedent(part["text"]))
        else:
            section = part["title"]


def _commands(block: Block) -> Iterator[Command]:
    text = block.text.replace("\\\n", " ")
    if block.language == "sh":
        lines = (line for line in text.splitlines() if line and not line.startswith("#"))
        yield from (Command(block.section, line) for line in lines)
    elif block.language == "console":
        for part in re.split(r"^(?=\$ |\^C$)", text, flags=re.MULTILINE):
            command, _, shown = part.partition("\n")
            if command:
                yield Command(block.section, command.removeprefix("$ "), shown)


# --- what is shown -----------------------------------------------------------

_BORDER = re.compile(r"[┏┳┓┡╇┩└┴┘├┼┤━─┌┬┐╈]")
_ASKED = re.compile(r"^(New )?[Pp]assphrase of |^Repeat for confirmation|\[y/N\]")
_WORDS = re.compile(r"^([a-z]+ )+… ([a-z]+ ?)+$")
# What is another at each run, the longer first.
_VARIES = (
    (r"assay1[a-z0-9]{38}", r"assay1\w{38}"),
    (r"(?:~|/home)/\S*?(?=[,.;:]?(?:\s|$))", r"\S+"),
    (r"\b[0-9a-fA-F]{8,}\b", r"[0-9a-fA-F]+"),
    (r"\d{4}-\d\d-\d\d[T ][\d:.]+Z?", r"\d{4}-\d\d-\d\d[T ][\d:.]+Z?"),
    (r"\d\d:\d\d:\d\d", r"\d\d:\d\d:\d\d"),
    (r"about [\d,.]+ (?:s|min|h)\b", r"about [\d,.]+ (?:s|min|h)"),
    (r"\d[\d,]*(?:\.\d+)?", r"\d[\d,]*(?:\.\d+)?"),
    (r"…", r".*?"),
)
_ANY = re.compile("|".join(f"(?P<v{number}>{written})" for number, (written, _) in enumerate(_VARIES)))


def check_shown(shown: str, printed: str) -> None:
    """Check that each line a page shows is printed, in that order.

    Numbers, times, addresses, hashes and paths may be others; tables may be drawn wider; whoever has
    answered questions beforehand is not asked them.
    """
    rest = _plain(printed)
    for line in _plain(shown).splitlines():
        if line and not _ASKED.search(line):
            found = re.search(_pattern(line), rest, re.MULTILINE)
            assert found, f"the page shows\n  {line}\nwhere this was printed\n{printed}"
            rest = rest[found.end() :]


def _pattern(line: str) -> str:
    if _WORDS.match(line):
        return r"^([a-z]+ )+[a-z]+$"
    parts, end = [], 0
    for found in _ANY.finditer(line):
        parts += [re.escape(line[end : found.start()]), _VARIES[int((found.lastgroup or "v0")[1:])][1]]
        end = found.end()
    return "".join([*parts, re.escape(line[end:])])


def _plain(text: str) -> str:
    """Text without the lines of tables, and with one space where there are several."""
    lines = (line for line in text.splitlines() if not _BORDER.search(line))
    return "\n".join(re.sub(r"[\s│┃]+", " ", line).strip() for line in lines)
