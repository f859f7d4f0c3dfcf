"""What the pages about the client say is so."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from assay.client.cli import main
from assay.client.cli.failures import EXIT_CODES
from assay.proto import query_pb2, state_pb2, tx_pb2
from assay.state.rules.params import BOUNDS, default_params
from assay.state.rules.paths import ROUTES


@pytest.fixture(scope="module")
def client_page(repository: Path) -> str:
    return (repository / "docs" / "client.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rpc_page(repository: Path) -> str:
    return (repository / "docs" / "rpc.md").read_text(encoding="utf-8")


def test_the_exit_codes_are_the_command_s(client_page: str) -> None:
    assert all(f"| {code} | {meaning} |" in client_page for code, meaning in EXIT_CODES.items())


def test_the_synopsis_has_every_option(client_page: str) -> None:
    synopsis = next(line for line in client_page.splitlines() if line.startswith("assay ["))
    options = {name for option in main.params for name in option.opts} - {"--version", "-y"}
    assert set(re.findall(r"--[a-z-]+", synopsis)) == options


def test_every_command_is_listed(client_page: str) -> None:
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        rows = [line for line in client_page.splitlines() if line.startswith(f"| `{name} ")]
        listed = set(re.split(r"[^a-z-]+", " ".join(row.split("|")[1] for row in rows)))
        assert rows
        if isinstance(command, click.Group):
            assert listed - {"", name} == set(command.list_commands(context))


def test_the_example_s_core_is_in_the_example(repository: Path, rpc_page: str) -> None:
    script = (repository / "docs" / "examples" / "transfer.mjs").read_text(encoding="utf-8")
    excerpt = rpc_page.split("```js\n", 1)[1].split("```", 1)[0]
    assert [line for line in excerpt.splitlines() if line and line not in script] == []


def test_every_path_is_listed_with_its_key_and_record(rpc_page: str) -> None:
    for route in ROUTES:
        places = (f"{name} ({kind.size})" for name, kind in route.segments if kind)
        row = f"| `{route.pattern}` | " + " ".join([f'`"{route.table.decode()}"`', *places]) + " |"
        row += f" `{route.record.DESCRIPTOR.name}`" if route.record else ""
        assert row in rpc_page


def test_every_message_named_exists(rpc_page: str) -> None:
    known = {*state_pb2.DESCRIPTOR.message_types_by_name, *query_pb2.DESCRIPTOR.message_types_by_name}
    named = {
        "PageRequest",
        "Page",
        "SimulateResponse",
        "ChainInfo",
        "Account",
        "Round",
        "SlotRecord",
        "KeyPool",
    }
    assert all(f"`{name}`" in rpc_page for name in named)
    assert named <= known


def test_the_parameters_of_staking_are_listed_with_their_bounds(repository: Path) -> None:
    page = (repository / "docs" / "staking.md").read_text(encoding="utf-8")
    development = default_params(development=True)
    names = state_pb2.Params.DESCRIPTOR.fields_by_name
    first, last = names["unbonding_period"].number, names["slash_committee_silence"].number
    for field in state_pb2.Params.DESCRIPTOR.fields:
        if first <= field.number <= last or field.name == "slash_block_entries":
            bound = BOUNDS[field.name]
            numbers = (bound.least, bound.default, bound.greatest, getattr(development, field.name))
            assert f"| `{field.name}` | " + " | ".join(f"{number:,}" for number in numbers) + " | " in page


def test_every_message_and_event_is_listed(repository: Path) -> None:
    page = (repository / "docs" / "transactions.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`([a-z_]+)`", " ".join(row for row in page.splitlines() if row[:2] == "| ")))
    kinds = {field.name for field in tx_pb2.Message.DESCRIPTOR.fields}
    sources = [path.read_text(encoding="utf-8") for path in (repository / "state").rglob("*.py")]
    emitted = {
        kind for text in sources for kind in re.findall(r'(?:emit|_tell)\((?:ctx, )?\s*"([a-z_]+)"', text)
    }
    assert len(emitted) > 20
    assert (kinds | emitted) - listed == set()
