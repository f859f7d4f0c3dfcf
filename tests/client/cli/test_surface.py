"""What all commands have in common: bounded numbers, help that is whole, and an answer to strange input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import click
import pytest
from click.testing import Result

from assay.client import NodeUnreachable
from assay.client.cli import main
from assay.client.rpc import Rpc
from assay.client.transactions import PendingTx

UINT64 = 1 << 64


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield " ".join((*path, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_numbers_are_bounded_and_options_have_help(name: str) -> None:
    for param in COMMANDS[name].params:
        assert not isinstance(param, click.Option) or param.help, param.name
        assert param.type not in (click.INT, click.FLOAT), param.name
        if isinstance(param.type, click.IntRange | click.FloatRange):
            assert param.type.max is not None, param.name
            assert param.type.max < UINT64, param.name


@pytest.mark.parametrize(
    "name", ["", *(name for name in COMMANDS if isinstance(COMMANDS[name], click.Group))]
)
def test_lists_of_commands_are_not_cut_off(run: Callable[..., Result], name: str) -> None:
    told = run(*name.split(), "--help", columns="80").stdout.split("Commands:")[1]
    assert "..." not in told


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(run: Callable[..., Result], name: str) -> None:
    told = run(*name.split(), "--help")
    assert told.exit_code == 0
    assert told.stdout.startswith(f"Usage: main {name}")
    assert COMMANDS[name].help


HUGE = str(10**30)
STRANGE: list[tuple[int, tuple[str, ...]]] = [
    (2, ("query", "path", "/round", "--limit", HUGE)),
    (2, ("query", "path", "/round", "--limit", "1001")),
    (2, ("query", "path", "/params", "--height", HUGE)),
    (2, ("query", "header", HUGE)),
    (2, ("upgrade", "signal", HUGE, "5")),
    (2, ("upgrade", "signal", "2", HUGE)),
    (2, ("tx", "history", "assay1", "--page", HUGE)),
    (2, ("tx", "show", "00" * 32, "--wait", "nan")),
    (2, ("tx", "show", "00" * 32, "--wait", "inf")),
    (2, ("config", "set", "trusting-period", "9" * 5000)),
    (2, ("--trust", "", "query", "supply")),
    (2, ("--trust", "9" * 5000 + ":" + "AB" * 32, "query", "supply")),
    (2, ("--node", "", "query", "supply")),
    (1, ("--chain-id", "", "query", "supply")),
    (2, ("--witness", "http://127.0.0.1:1", "query", "supply")),
    (2, ("config", "set", "witness", "ftp://x")),
    (2, ("tx", "send", "assay1", "2.0000000000000000000000000000001asy")),
    (2, ("tx", "send", "assay1", "1e999999")),
    (2, ("tx", "send", "assay1", "\u0663asy")),
]


@pytest.mark.parametrize(("code", "arguments"), STRANGE)
def test_strange_input_ends_with_a_sentence(
    run: Callable[..., Result], url: str, code: int, arguments: tuple[str, ...]
) -> None:
    node = () if "--node" in arguments else ("--node", url)
    refused = run(*node, *arguments)
    assert refused.exit_code == code, refused.stderr
    assert "Error: " in refused.stderr


# --- when it is not known what became of a payment -----------------------------


@pytest.fixture
def pay(run: Callable[..., Result], url: str) -> Callable[[], Result]:
    node = ("--node", url, "--yes")
    run("keys", "add", "alice")
    assert run(*node, "faucet", "alice").exit_code == 0
    return lambda: run(*node, "tx", "send", "alice", "5", "--from", "alice")


def test_who_interrupts_is_told_what_to_look_up(
    pay: Callable[[], Result], run: Callable[..., Result], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(PendingTx, "wait", interrupted)
    stopped = pay()
    assert stopped.exit_code == 130
    assert "interrupted; the transaction is on its way" in stopped.stderr
    tx_hash = stopped.stderr.split("assay tx show ")[1].split()[0]
    assert run("--node", url, "tx", "show", tx_hash, "--wait", "20").exit_code == 0


def test_who_gets_no_answer_is_told_what_to_look_up(
    pay: Callable[[], Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Rpc.call

    async def lost(rpc: Rpc, method: str, **params: Any) -> Any:
        if method == "broadcast_tx_sync":
            raise NodeUnreachable("no answer from the node")
        return await real(rpc, method, **params)

    monkeypatch.setattr(Rpc, "call", lost)
    stopped = pay()
    assert stopped.exit_code == 3
    assert "may have arrived all the same: look for transaction" in stopped.stderr
