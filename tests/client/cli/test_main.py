"""The command as a whole: help, exit codes, completion, settings."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.client.devnode import CHAIN_ID

from assay.client.cli import main
from assay.client.cli.failures import EXIT_CODES

Run = Callable[..., Result]


@pytest.mark.parametrize(
    "group",
    [
        [],
        ["keys"],
        ["tx"],
        ["model"],
        ["bounty"],
        ["contribute"],
        ["query"],
        ["stake"],
        ["explain"],
        ["config"],
        ["faucet"],
    ],
)
def test_everything_has_help(run: Run, group: list[str]) -> None:
    result = run(*group, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


@pytest.mark.parametrize(
    "group", [[], ["keys"], ["tx"], ["model"], ["bounty"], ["query"], ["stake"], ["upgrade"], ["config"]]
)
def test_no_command_s_line_in_the_help_is_cut_off(group: list[str]) -> None:
    lines = CliRunner().invoke(main, [*group, "--help"], env={"COLUMNS": "80"}).stdout.splitlines()
    assert len(lines) > 5
    assert [line for line in lines[1:] if line.endswith("...")] == []


def test_the_help_lists_the_exit_codes(run: Run) -> None:
    text = " ".join(run("--help").stdout.split())
    assert all(f"{code} {meaning}" in text for code, meaning in EXIT_CODES.items())


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").stdout == f"assay {version('assay')}\n"


def test_a_copy_that_was_never_installed_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(sys.modules["assay.client.cli.main"], "version", missing)
    result = run("--version")
    assert result.exit_code == 2
    assert "never installed" in result.stderr


def test_an_option_after_the_command_is_told_where_it_belongs(run: Run) -> None:
    result = run("tx", "send", "alice", "1", "--yes")
    assert result.exit_code == 2
    assert "It stands before the command: assay --yes ..." in result.stderr
    assert "before the command" not in run("tx", "send", "alice", "1", "--nonsense").stderr


def test_a_node_that_is_not_there_is_exit_code_3(run: Run) -> None:
    result = run("--node", "http://127.0.0.1:1", "query", "chain")
    assert result.exit_code == 3
    assert "no answer from the node at http://127.0.0.1:1" in result.stderr


def test_errors_are_json_where_output_is(run: Run) -> None:
    result = run("--output", "json", "--node", "http://127.0.0.1:1", "query", "chain")
    document = json.loads(result.stderr)
    assert result.exit_code == document["exit_code"] == 3
    assert document["error"]["kind"] == "NodeUnreachable"
    assert result.stdout == ""


def test_a_command_line_that_is_not_understood_is_json_too(run: Run) -> None:
    result = run("--output", "json", "tx", "show", "12")
    document = json.loads(result.stderr)
    assert result.exit_code == document["exit_code"] == 2
    assert "32 bytes" in document["error"]["message"]


def test_another_chain_is_refused(run: Run, url: str) -> None:
    result = run("--node", url, "--chain-id", "other-1", "query", "chain")
    assert result.exit_code == 1
    assert CHAIN_ID in result.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_command(run: Run, shell: str) -> None:
    result = run("completion", shell)
    assert "_ASSAY_COMPLETE" in result.stdout
    assert "assay" in result.stdout


def test_the_shell_completes_commands_and_key_names(run: Run, home: Path) -> None:
    run("keys", "add", "alice")
    run("keys", "add", "bob")

    def complete(words: str, place: int) -> list[str]:
        environment = {"_ASSAY_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(place)}
        result = CliRunner().invoke(main, [], prog_name="assay", env=environment | {"ASSAY_HOME": str(home)})
        return [line.split(",")[1] for line in result.stdout.splitlines()]

    assert complete("assay ke", 1) == ["keys"]
    assert complete("assay keys show ", 3) == ["alice", "bob"]
    assert complete("assay keys show a", 3) == ["alice"]
    assert complete("assay stake un", 2) == ["undelegate", "unjail"]
    assert complete("assay stake delegate a", 3) == ["alice"]
    assert complete("assay query delegations-to b", 3) == ["bob"]


# --- settings ----------------------------------------------------------------


def test_settings_are_used_until_an_option_says_otherwise(run: Run, url: str) -> None:
    assert run("config", "set", "node", url).exit_code == 0
    assert run("config", "set", "output", "json").exit_code == 0
    assert json.loads(run("query", "chain").stdout)["chain_id"] == CHAIN_ID
    assert "as the node says" in run("--output", "text", "query", "chain").stdout
    assert run("--node", "http://127.0.0.1:1", "query", "chain").exit_code == 3
    assert json.loads(run("config", "list").stdout)["settings"] == {"node": url, "output": "json"}
    assert json.loads(run("config", "get", "node").stdout) == {"node": url}
    run("config", "unset", "output")
    assert run("config", "get", "node").stdout == url + "\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [(["output", "xml"], 2), (["colour", "blue"], 2), (["key", "nobody"], 5), (["node", "ftp://x"], 2)],
)
def test_settings_that_make_no_sense_are_refused(run: Run, words: list[str], code: int) -> None:
    assert run("config", "set", *words).exit_code == code
