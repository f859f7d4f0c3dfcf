"""`assayd verify` and `assayd reset`: the chain as it lies on this disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from assay.client.errors import ClientError, RpcError
from assay.client.rpc import Rpc, understood
from assay.crypto.committee.secrets import CommitteeFiles
from assay.node import cometbft
from assay.node.home import Home, open_home, remove_chain
from assay.node.store_copy import readable_store
from assay.node.upkeep import may_begin_anew
from assay.state import invariants
from assay.state.invariants import InvariantBroken
from assay.state.store import Corrupt

_HEADER_TRIES = 50
_HEADER_PAUSE = 0.1


@click.command(short_help="Recompute the app hash, and check every invariant.")
@click.pass_obj
def verify(home: Path) -> None:
    """Recompute the app hash from the records and check every invariant; a running node goes on.

    A running node is also asked for the header that holds the app hash. Ends with 1 if anything is wrong,
    also if the store has fallen back behind the blocks this validator has signed.
    """
    opened = open_home(home, backup=True)
    running, signed = opened.is_running(), cometbft.signed_height(opened.path)  # first: the store moves on
    with readable_store(opened.store, untouched=opened.is_backup()) as store:
        try:
            summary = store.verify()
            invariants.check_all(store)
            invariants.check_bulk(store, store.bulk_places())
            header = _compare_header(opened, store.version, store.root)
        except (Corrupt, InvariantBroken) as error:
            click.echo(f"height {store.version} is damaged: {error}", err=True)
            raise SystemExit(1) from None
        click.echo(
            f"height {store.version} is in order: {summary.records} records, {summary.pages} tree pages and "
            f"{summary.bulk} byte strings agree with app hash {store.root.hex().upper()}; "
            f"every invariant holds; {header}"
        )
        if signed > store.version + 1:
            click.echo(_fallen_back(store.version, signed, running=running), err=True)
            raise SystemExit(0 if running else 1)


def _fallen_back(height: int, signed: int, *, running: bool) -> str:
    """Say what it means that the store is behind: a block is signed only when the one before is committed."""
    behind = (
        f"This validator has signed at height {signed}, so the store has once been at height {signed - 1}"
    )
    if running:
        return f"{behind}. The node is executing the blocks in between again."
    return (
        f"{behind}. It has lost what came after height {height}: its files were damaged or replaced by older "
        "ones. `assayd start` executes the missing blocks again, from CometBFT's copies; look after the disk."
    )


def _compare_header(home: Home, height: int, root: bytes) -> str:
    """Compare the root with the header after it; say how that went."""
    found = asyncio.run(_header_app_hash(home.rpc_url(), height + 1))
    if not found:
        return (
            "not compared with the chain's header: the node does not answer, or has not made the next block"
        )
    if found != root.hex().upper():
        raise Corrupt(f"the store has app hash {root.hex().upper()}, the chain's header has {found}")
    return "the chain's header agrees"


async def _header_app_hash(url: str, height: int) -> str:
    """Return the app hash in a header, as hexadecimal digits; empty if it cannot be had soon."""
    rpc = Rpc(url)
    try:
        for _ in range(_HEADER_TRIES):
            try:
                answer = await rpc.call("header", height=str(height))
                with understood("header"):
                    return str(answer["header"]["app_hash"])
            except RpcError:  # the block is still to be made
                await asyncio.sleep(_HEADER_PAUSE)
    except ClientError:
        pass
    finally:
        await rpc.close()
    return ""


@click.command(short_help="Remove blocks and state; keys and settings stay.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--anew", is_flag=True, help="The chain begins anew on all its nodes: forget what was signed.")
@click.pass_obj
def reset(home: Path, yes: bool, anew: bool) -> None:
    """Remove blocks and state, so that the node starts from genesis; keys and settings stay.

    What a validator has signed stays on record: when it has the chain's blocks again from its peers, it signs
    nothing else for a height that it has signed before.
    """
    opened = open_home(home)
    program = cometbft.find_binary(opened.settings().cometbft.binary)
    if not yes:
        click.confirm(f"Remove all blocks and state of {opened.path}?", abort=True)
    anew = anew or may_begin_anew(opened, program)
    remove_chain(opened, forget_signed=anew)
    if anew:
        # The chain itself begins anew and numbers its committee keys again, but a key's secrets serve once.
        files = CommitteeFiles(opened.committee)
        for key_id in list(files.keys()):
            files.erase(key_id)
    elif signed := cometbft.signed_height(opened.path):
        click.echo(
            f"What its validator has signed up to height {signed} stays on record: it signs nothing again "
            "before the chain is past that. If the chain begins anew on all its nodes, run it with --anew."
        )
    click.echo(f"{opened.path} will start from genesis.")
