"""`assayd verify` and `assayd reset`: the chain as it lies on this disk."""

from __future__ import annotations

from pathlib import Path

import click

from assay.node import cometbft
from assay.node.home import open_home, remove_chain
from assay.node.store_copy import readable_store
from assay.state import invariants
from assay.state.invariants import InvariantBroken
from assay.state.store import Corrupt


@click.command()
@click.pass_obj
def verify(home: Path) -> None:
    """Recompute the app hash from the records and check every invariant; a running node goes on.

    Ends with 1 if anything is wrong.
    """
    opened = open_home(home)
    with readable_store(opened.store) as store:
        try:
            summary = store.verify()
            invariants.check_all(store)
        except (Corrupt, InvariantBroken) as error:
            click.echo(f"height {store.version} is damaged: {error}", err=True)
            raise SystemExit(1) from None
        click.echo(
            f"height {store.version} is in order: {summary.records} records, {summary.pages} tree pages and "
            f"{summary.bulk} byte strings agree with app hash {store.root.hex().upper()}; "
            "every invariant holds"
        )


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def reset(home: Path, yes: bool) -> None:
    """Remove blocks and state, so that the node starts from genesis; keys, secrets and settings stay."""
    opened = open_home(home)
    if not yes:
        click.confirm(f"Remove all blocks and state of {opened.path}?", abort=True)
    remove_chain(opened, cometbft.find_binary(opened.settings().cometbft.binary))
    click.echo(f"{opened.path} will start from genesis.")
