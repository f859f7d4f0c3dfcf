"""The group of all commands, and the options that stand before them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from assay.client.cli.bounty import bounty
from assay.client.cli.completion import completion
from assay.client.cli.config import config
from assay.client.cli.contribute import contribute
from assay.client.cli.explain import explain
from assay.client.cli.failures import EXIT_CODES, EXPECTED, fail
from assay.client.cli.faucet import faucet
from assay.client.cli.keys import keys
from assay.client.cli.model import model
from assay.client.cli.query import query
from assay.client.cli.session import Session
from assay.client.cli.tx import tx
from assay.client.home import Home, default_home


class Commands(click.Group):
    """Turns expected exceptions into a sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except EXPECTED as error:
            session = ctx.find_object(Session)
            fail(error, session.output if session else "text")
        except KeyboardInterrupt:
            raise SystemExit(130) from None


def _epilog() -> str:
    codes = "; ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES.items())
    return f"Exit codes: {codes}."


@click.group(cls=Commands, epilog=_epilog(), context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--node", envvar="ASSAY_NODE", help="RPC address of a node.")
@click.option("--chain-id", envvar="ASSAY_CHAIN_ID", help="Chain the node must belong to.")
@click.option("--home", type=click.Path(path_type=Path), help="Keys and settings (ASSAY_HOME, ~/.assay).")
@click.option("--output", type=click.Choice(["text", "json"]), envvar="ASSAY_OUTPUT", help="How to print.")
@click.option("--passphrase-file", type=click.Path(path_type=Path), help="File whose first line it is.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.")
@click.option("--dry-run", is_flag=True, help="Do everything but send.")
@click.version_option(package_name="assay")
@click.pass_context
def main(ctx: click.Context, /, home: Path | None, output: str | None, **options: Any) -> None:
    """Keys, tokens, models, bounties and contributions on an Assay chain."""
    session = ctx.obj = Session(Home(home or default_home(os.environ)), **options)
    session.output = output or session.settings.get("output") or "text"


for command in (keys, tx, model, bounty, contribute, query, explain, config, faucet, completion):
    main.add_command(command)
