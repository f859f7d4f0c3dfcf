"""Nothing a stranger wrote steers the terminal, and nothing a user mistypes ends in a traceback."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from rich.table import Table

from assay.client.cli.model import read_weights
from assay.client.cli.terminal import SafeConsole, printable
from assay.client.train.errors import BadData

Run = Callable[..., Result]
HOSTILE = "\x1b]0;title\x07\x1b[2J\r\x9b1m\u202etxt"


def test_control_characters_are_shown_and_not_sent() -> None:
    assert printable("plain ñ 日本\n\tx") == "plain ñ 日本\n\tx"
    assert not set(printable(HOSTILE)) & set("\x1b\x07\r\x9b\u202e")


def test_the_console_prints_a_tables_cells_as_text() -> None:
    out = io.StringIO()
    table = Table(title=HOSTILE)
    table.add_column("name")
    table.add_row(HOSTILE)
    SafeConsole(file=out, markup=False, width=100).print(table)
    assert "title" in out.getvalue()
    assert not set(out.getvalue()) & set("\x1b\x07\r\x9b\u202e")


def test_styles_of_our_own_are_kept() -> None:
    out = io.StringIO()
    SafeConsole(file=out, force_terminal=True, color_system="standard").print("x", style="red")
    assert "\x1b[31m" in out.getvalue()


@pytest.mark.parametrize(
    "arguments",
    [
        ("query", "round", "--", "-1"),
        ("query", "key", "99999999999999999999999"),
        ("explain", "0"),
        ("bounty", "show", "18446744073709551616"),
        ("bounty", "open", "00" * 32, "x.csv", "--bounty", "1asy", "--commit-window", "-5"),
        ("bounty", "open", "00" * 32, "x.csv", "--bounty", "1e999999999asy"),
        ("model", "post", "x.csv", "--name", "\x1b[31m", "--kind", "logistic", "--target", "y"),
        ("model", "post", "x.csv", "--name", "\udcff", "--kind", "logistic", "--target", "y"),
        ("tx", "send", "alice", "1asy", "--memo", "\x07"),
    ],
)
def test_an_argument_that_cannot_be_is_exit_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.stderr


def test_a_home_that_is_a_file_is_exit_code_7(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("--home", str(tmp_path / "file"), "keys", "list")
    assert result.exit_code == 7
    assert str(tmp_path / "file") in result.stderr


def test_words_that_are_not_text_are_exit_code_5(run: Run, tmp_path: Path) -> None:
    (tmp_path / "words").write_bytes(b"\xff\xfe\x00")
    result = run("keys", "import", "bob", "--mnemonic-file", str(tmp_path / "words"))
    assert result.exit_code == 5
    assert "24 words" in result.stderr


def test_settings_that_are_no_object_are_refused(run: Run, home: Path) -> None:
    home.mkdir(mode=0o700)
    (home / "config.json").write_text("[1]")
    (home / "config.json").chmod(0o600)
    result = run("config", "list")
    assert result.exit_code == 7
    assert "damaged" in result.stderr


@pytest.mark.parametrize("text", ["", "[1, 2]", "{}", '{"coef": "x", "intercept": [0]}', '{"coef": 1}'])
def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "w.json").write_text(text)
    with pytest.raises(BadData, match="not a file of weights"):
        read_weights(tmp_path / "w.json", 3)


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text('{"coef": [[1, 2]], "intercept": [0]}')
    assert list(read_weights(tmp_path / "w.json", 3)) == [1, 2, 0]
    with pytest.raises(BadData, match="another model"):
        read_weights(tmp_path / "w.json", 4)
