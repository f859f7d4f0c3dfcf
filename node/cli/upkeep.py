"""`assayd backup`, `restore`, `compact` and `rollback`."""

from __future__ import annotations

from pathlib import Path

import click

from assay.node import cometbft, upkeep
from assay.node.backup.make import make
from assay.node.backup.restore import restore as restore_home
from assay.node.home import Home, open_home


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _program(home: Home) -> Path:
    binary = cometbft.find_binary(home.settings().cometbft.binary)
    cometbft.version(binary)
    return binary


@click.command(short_help="Copy a node, keys and all, while it runs.")
@click.argument("target", type=click.Path(path_type=Path))
@click.pass_obj
def backup(home: Path, target: Path) -> None:
    """Copy the node, running or stopped, into the new directory TARGET: settings, keys, blocks, state.

    CometBFT stands still for a moment meanwhile. The copy is a home: `assayd --home TARGET verify` checks it,
    `assayd restore` makes a node of it. It holds the node's keys: keep it as safe as the node.
    """
    made = make(open_home(home), target)
    click.echo(
        f"Backed up height {made.manifest.height} of chain {made.manifest.chain_id} to {target}: "
        f"{len(made.manifest.files)} files, {_megabytes(made.size)}."
    )
    if made.still_seconds:
        click.echo(f"CometBFT stood still for {made.still_seconds:.2f} s; it goes on.")


@click.command(short_help="Make a home of a backup.")
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--signed",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The latest priv_validator_state.json of the validator, from the home that is given up.",
)
@click.pass_obj
def restore(home: Path, source: Path, signed: Path | None) -> None:
    """Make a home of the backup SOURCE, after checking every file of it.

    The home must not exist. Never run a validator twice, nor without the latest record of what it has signed.
    """
    found = restore_home(source, home, signed)
    height = cometbft.signed_height(home)
    click.echo(f"Restored {home}: chain {found.chain_id}, height {found.height}.")
    click.echo(f"Its validator signs nothing below height {height}, as its record says.")
    if signed is None:
        click.echo(
            "If it has signed later blocks than that, put the record of the old home in its place before the "
            "start (--signed): signing a height twice costs stake."
        )
    click.echo(f"Start it with: assayd --home {home} start")


@click.command(short_help="Give disk space back; the node must be stopped.")
@click.pass_obj
def compact(home: Path) -> None:
    """Rewrite the databases so that they take no more room than what is in them; the node must be stopped.

    LevelDB does so by itself in time; this is for a disk that is nearly full, after much was pruned.
    """
    opened = open_home(home)
    found = upkeep.compact(opened, _program(opened))
    for name, (before, after) in found.items():
        click.echo(f"{name:<12}{_megabytes(before):>14} →{_megabytes(after):>14}")


@click.command(short_help="Go back by one height; the node must be stopped.")
@click.option("--hard", is_flag=True, help="Forget the block too, instead of executing it again.")
@click.pass_obj
def rollback(home: Path, hard: bool) -> None:
    """Take CometBFT and the application back by one height; the node must be stopped.

    For a node that has computed another app hash than the others: install the right program, go back, start.
    The block is executed again at the start, unless --hard removes it, to be had from peers once more.
    """
    opened = open_home(home)
    done = upkeep.rollback(opened, _program(opened), hard=hard)
    click.echo(
        f"Height {done.before} → {done.height}; CometBFT agrees on app hash {done.root.hex().upper()}."
    )
    again = "the next block comes from peers, or is made anew" if hard else "its last block is executed again"
    click.echo(f"At the next start {again}.")
