"""``assay completion``: let the shell complete commands, options and key names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(short_help="Print a script for the shell's completion.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that makes the shell complete `assay`; put it into the shell's start-up file.

    For bash: eval "$(assay completion bash)"
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"this version of click knows no completion for {shell}")
    click.echo(found(ctx.find_root().command, {}, "assay", "_ASSAY_COMPLETE").source())
