"""``assayd start``: the node, in the foreground."""

from __future__ import annotations

import asyncio
import sys

import click
import structlog

from assay.node.cli import log
from assay.node.cli.common import FAILED, Context, pass_context
from assay.node.home import Home
from assay.node.supervisor import Outcome, StopRequest, stop_on_signals

_log = structlog.get_logger(__name__)


@click.command()
@click.option("--log", "form", type=click.Choice(["text", "json"]), help="How to log (assayd.toml, [log] format).")
@click.option("--level", type=click.Choice(["debug", "info", "warning", "error"]), help="Least to log.")
@pass_context
def start(context: Context, /, form: str | None, level: str | None) -> None:
    """Run CometBFT and the application until SIGINT or SIGTERM, or until either fails.

    Prints a line for each block. A second signal ends at once.
    """
    home = context.home()
    context.binary(home)
    settings = home.settings()
    log.configure(form or settings.log.format, level or settings.log.level)
    outcome = asyncio.run(_run(home))
    if not outcome.requested:
        click.echo(f"Error: {outcome.reason}", err=True)
    sys.exit(outcome.exit_code)


async def _run(home: Home) -> Outcome:
    """Run the node; what keeps it from starting is an outcome too."""
    from assay.node.run import REFUSALS, run_node

    request = StopRequest()
    with stop_on_signals(request):
        try:
            return await run_node(home, request)
        except REFUSALS as error:
            return Outcome(str(error), requested=False)
