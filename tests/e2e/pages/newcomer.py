"""Somebody who follows a page of docs/ word by word: its commands are typed as they stand there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.e2e.conftest import RunningNode, stop_all
from tests.e2e.pages.page import Command, check_shown

from assay.node.home import open_home
from assay.node.tomlfile import set_values

_PROGRAMS = {"assay": "-c 'from assay.client.cli import main; main()' --yes", "assayd": "-m assay.node.cli"}
_NODE = "http://127.0.0.1:26657"

Word = str | Path | Sequence[str]
Words = Mapping[str, Word]


class Newcomer:
    """Somebody with both commands on the search path, who answers every question with yes.

    Parameters
    ----------
    folder
        Where they work; the home of their keys is `home` in it.
    words
        What a page leaves to the reader, or takes for granted, and what it is here: an address, a
        port, ``HOME``. A list has one for each time that the word stands in a command.
    options
        What a test asks for beyond the page, by a pattern of the commands that get it: free ports, a
        small preset.
    """

    def __init__(
        self,
        folder: Path,
        words: Words | None = None,
        *,
        options: Mapping[str, str] | None = None,
        binary: Path | None = None,
    ) -> None:
        self.folder, self.home = folder, folder / "home"
        self.words: dict[str, Word] = dict(words or {})
        self.options = dict(options or {})
        self.running: list[RunningNode] = []
        tools = folder / "bin"
        tools.mkdir(parents=True)
        for name, program in _PROGRAMS.items():
            (tools / name).write_text(f'#!/bin/sh\nexec {sys.executable} -P {program} "$@"\n')
            (tools / name).chmod(0o755)
        self.environment = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "ASSAY_HOME": str(self.home),
            "ASSAYD_HOME": str(folder / "assayd"),
            "ASSAY_PASSPHRASE": "secret",
            "COLUMNS": "160",
        }
        if binary is not None:
            self.environment["ASSAY_COMETBFT"] = str(binary)
        if node := self.words.get(_NODE):
            self.environment["ASSAY_NODE"] = str(node)

    # ---- typing ----

    def here(self, command: str | Command, words: Words | None = None) -> str:
        """Return a command of a page as it is typed here."""
        text = command if isinstance(command, str) else command.text
        more = [given for pattern, given in self.options.items() if re.search(pattern, text)]
        return self.meant(" ".join([text, *more]), words)

    def meant(self, text: str, words: Words | None = None) -> str:
        """Return a text of a page with what its words stand for."""
        known = {**self.words, **(words or {})}
        in_turn = {word: iter(value) for word, value in known.items() if isinstance(value, list)}

        def real(word: re.Match[str]) -> str:
            return str(next(in_turn[word[0]]) if word[0] in in_turn else known[word[0]])

        longest_first = "|".join(re.escape(word) for word in sorted(known, key=len, reverse=True))
        return re.sub(rf"(?<![\w.])(?:{longest_first})(?!\w)", real, text) if known else text

    def type(self, command: str | Command, words: Words | None = None) -> str:
        """Run a command that must succeed, and show what the page shows; return what it prints."""
        code, printed = self._run(command, words)
        assert code == 0, f"{self.here(command, words)}\n{printed}"
        if isinstance(command, Command):
            check_shown(self.meant(command.shown, words), printed)
        return printed

    def refused(self, command: str | Command, words: Words | None = None) -> str:
        """Run a command that must fail; return what it prints."""
        code, printed = self._run(command, words)
        assert code != 0, f"{self.here(command, words)}\n{printed}"
        return printed

    def until(self, command: str | Command, pattern: str = "", seconds: float = 120) -> str:
        """Run a command again and again until it succeeds and prints what it should."""
        end = time.monotonic() + seconds
        while True:
            code, printed = self._run(command, None)
            if code == 0 and re.search(pattern, printed):
                return printed
            assert time.monotonic() < end, f"{self.here(command)}\n{printed}"
            time.sleep(0.5)

    def _run(self, command: str | Command, words: Words | None) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.here(command, words)],
            cwd=self.folder,
            env=os.environ | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        return done.returncode, done.stdout

    def edit(self, file: Path, settings: str, words: Words | None = None) -> None:
        """Write the settings that a page shows into a file that has them."""
        values = tomllib.loads(self.meant(settings, words))
        file.write_text(set_values(file.read_text(encoding="utf-8"), values), encoding="utf-8")

    # ---- terminals of their own ----

    def start(self, command: str | Command, words: Words | None = None) -> RunningNode:
        """Run a command that starts a node, or a network, in a terminal of its own."""
        return self.terminal(command, words).start()

    def terminal(self, command: str | Command, words: Words | None = None) -> RunningNode:
        """Open a terminal for such a command, and type it without the return key."""
        text = self.here(command, words)
        set_here = [f"{name}={value}" for name, value in self.environment.items()]
        line = ["env", "-C", str(self.folder), *set_here, "bash", "-c", f"exec {text}"]
        self.running.append(RunningNode(open_home(self.home_of(text)), line))
        return self.running[-1]

    def home_of(self, typed: str) -> Path:
        """Return the home of the node that a command is about, of a network's the first."""
        if "assayd testnet" in typed:
            directory = re.search(r"--dir (\S+)", typed)
            return self.folder / (directory[1] if directory else "testnet") / "node0"
        named = re.search(r"--home (\S+)", typed)
        return self.folder / named[1] if named else Path(self.environment["ASSAYD_HOME"])

    def interrupt(self) -> str:
        """Press ^C in the terminal of the program that was started last; return all it has printed."""
        code, printed = self.running.pop().stop(signal.SIGINT)
        assert code == 0, printed
        return printed

    def __enter__(self) -> Newcomer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave nothing running."""
        stop_all(self.running)
        self.running.clear()
