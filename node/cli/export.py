"""`assayd export`: the end of a chain as the beginning of another one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from assay.node.genesis import genesis_document
from assay.node.home import HomeError, open_home
from assay.node.store_copy import store_at
from assay.proto.state_pb2 import Round
from assay.state.export import app_state, wind_up
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.store import Store


@click.command(short_help="Write the state of a stopped node as the genesis of a new chain.")
@click.option("--height", type=click.IntRange(0), default=0, help="After which block; default: the last.")
@click.option("--chain-id", default="", help="Name of the new chain; default: as before.")
@click.option("--output-document", type=click.Path(path_type=Path, dir_okay=False), help="Default: stdout.")
@click.pass_obj
def export(home: Path, height: int, chain_id: str, output_document: Path | None) -> None:
    """Write the state of a stopped node as the genesis of a chain that continues it.

    Open rounds end: bounties, fees and deposits go back, and sums that their owners have not fetched are
    dropped. So do the committee's keys. Every other record stays as it is.
    """
    opened = open_home(home)
    old = opened.genesis()
    with store_at(opened.store, height) as store:
        if not store.version:
            raise HomeError(f"the node in {opened.path} has made no block; its genesis is all there is")
        view = wind_up(store, old["chain_id"], store.version)
        document = _document(old, chain_id, store, view)
        _tell(store, view)
    text = json.dumps(document, indent=1, ensure_ascii=False)
    if output_document is None:
        click.echo(text)
    else:
        output_document.write_text(text + "\n", encoding="utf-8")
        click.echo(f"Wrote {output_document}.", err=True)


def _document(old: dict[str, Any], chain_id: str, store: Store, view: Overlay) -> dict[str, Any]:
    """Return the new chain's genesis; its consensus parameters are the old one's."""
    initial = store.version + 1
    document = genesis_document(chain_id or old["chain_id"], app_state(view), initial_height=initial)
    extensions = document["consensus_params"]["abci"]
    return document | {"consensus_params": {**old["consensus_params"], "abci": extensions}}


def _tell(store: Store, view: Overlay) -> None:
    """Say on standard error what ends here."""
    click.echo(f"The state after height {store.version}, with app hash {store.root.hex().upper()}.", err=True)
    for key, data in store.iterate(keys.ROUND):
        before, after = Round.FromString(data), view.require(Round, key)
        if before.status != after.status:
            click.echo(f"Round {before.id} ends: what it holds goes back.", err=True)
        elif before != after:
            click.echo(
                f"Round {before.id} is paid, but its owner has not fetched the sum: it is dropped.", err=True
            )
