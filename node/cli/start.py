"""`assayd start`: run the node."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from assay.node import logs
from assay.node.home import Home, open_home
from assay.node.run import run_node
from assay.node.supervisor import Outcome, StopRequest, stop_on_signals

C = TypeVar("C", bound=Callable[..., Any])

_LOG = (
    click.option(
        "--log", "log_format", type=click.Choice(["text", "json"]), help="How to log; default: assayd.toml."
    ),
    click.option(
        "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="How much to log."
    ),
    click.option("--check-invariants", is_flag=True, help="Check every invariant after each block (slow)."),
)


def log_options(command: C) -> C:
    """Add to a command what can be chosen about a run."""
    for option in reversed(_LOG):
        command = option(command)
    return command


@click.command()
@log_options
@click.pass_obj
def start(home: Path, log_format: str | None, log_level: str | None, check_invariants: bool) -> None:
    """Run the application and CometBFT until interrupted.

    Ends with 0 when stopped by SIGINT or SIGTERM, else with 1 and the reason: either process has died, or the
    height stands still. Let systemd or a container restart it always.
    """
    opened = open_home(home)
    settings = opened.settings()
    logs.configure(log_format or settings.log.format, log_level or settings.log.level)
    outcome = asyncio.run(_run(opened, check_invariants))
    if outcome.exit_code:
        click.echo(f"The node ended: {outcome.reason}", err=True)
    raise SystemExit(outcome.exit_code)


async def _run(home: Home, check_invariants: bool) -> Outcome:
    request = StopRequest()
    with stop_on_signals(request):
        return await run_node(home, request, check_invariants=check_invariants)
