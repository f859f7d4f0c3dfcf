"""The group of all commands, and the options that stand before them."""

from __future__ import annotations

import errno
import os
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import click

from assay.client.cli.failures import EXIT_CODES, EXPECTED, fail, fail_usage
from assay.client.cli.session import DEFAULT_NODE, Session
from assay.client.home import Home, default_home

_COMMANDS: Final = (
    "bounty",
    "completion",
    "config",
    "contribute",
    "explain",
    "faucet",
    "keys",
    "model",
    "query",
    "stake",
    "tx",
    "upgrade",
)
"""Each is the command of its name in the module of its name."""


class Commands(click.Group):
    """Imports a command when it is used, and turns expected exceptions into a sentence and an exit code."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the commands' names."""
        return list(_COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command: the ring's kernels, for one, take longer to load than most commands to run."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"assay.client.cli.{cmd_name}"), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except EXPECTED as error:
            if getattr(error, "errno", None) == errno.EPIPE:
                raise  # whoever reads our output has enough; click ends quietly
            fail(error, _output(ctx))
        except click.ClickException as error:
            told = _placed(self, error)
            if _output(ctx) == "json":
                fail_usage(told)
            raise told from None
        except KeyboardInterrupt:
            raise SystemExit(130) from None


def _output(ctx: click.Context) -> str:
    """Return how results are to be printed, as far as the command line has been read."""
    session = ctx.find_object(Session)
    return session.output if session else "text"


def _placed(group: click.Group, error: click.ClickException) -> click.ClickException:
    """Say of an option that all commands have, and that was given after the command, where it belongs."""
    known = {name for option in group.params for name in option.opts}
    if not isinstance(error, click.NoSuchOption) or error.option_name not in known:
        return error
    hint = f"{error.message} It stands before the command: assay {error.option_name} ..."
    return click.NoSuchOption(error.option_name, hint, ctx=error.ctx)


def _epilog() -> str:
    codes = "; ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES.items())
    return f"Exit codes: {codes}."


def _version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    """Print the installed version."""
    if not wanted:
        return
    try:
        click.echo(f"assay {version('assay')}")
    except PackageNotFoundError:
        raise click.UsageError(
            "this copy of assay was never installed, so it has no version; in its checkout: pip install -e ."
        ) from None
    ctx.exit()


@click.group(cls=Commands, epilog=_epilog(), context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--node", envvar="ASSAY_NODE", help=f"RPC address of a node; {DEFAULT_NODE} if none is named.")
@click.option("--chain-id", envvar="ASSAY_CHAIN_ID", help="Chain the node must belong to.")
@click.option(
    "--trust",
    metavar="HEIGHT:HASH",
    envvar="ASSAY_TRUST",
    help="Header to follow the chain from, so that no node has to be trusted.",
)
@click.option(
    "--witness",
    metavar="URL",
    multiple=True,
    envvar="ASSAY_WITNESS",
    help="Node that must have the same headers; repeatable.",
)
@click.option("--home", type=click.Path(path_type=Path), help="Keys and settings (ASSAY_HOME, ~/.assay).")
@click.option("--output", type=click.Choice(["text", "json"]), envvar="ASSAY_OUTPUT", help="How to print.")
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    help="File whose first line is the passphrase (ASSAY_PASSPHRASE).",
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.")
@click.option("--dry-run", is_flag=True, help="Do everything but send.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
@click.pass_context
def main(ctx: click.Context, /, home: Path | None, output: str | None, **options: Any) -> None:
    """Keys, tokens, stake, models, bounties and contributions on an Assay chain."""
    session = ctx.obj = Session(Home(home or default_home(os.environ)), **options)
    session.output = output or session.settings.get("output") or "text"
