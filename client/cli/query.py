"""``assay query``: records, proven against the chain's headers."""

from __future__ import annotations

import click
from rich.console import Group

from assay.client.cli import query_stake, query_validators
from assay.client.cli.parameters import HEIGHT, IDENT, key_names
from assay.client.cli.plain import to_plain
from assay.client.cli.session import Session, pass_session
from assay.client.cli.show import cell, plain, provenance, show_record
from assay.client.cli.tables import new_table
from assay.client.client import Client
from assay.client.light.trust import Trust
from assay.client.light.verify import time_in_words
from assay.client.paths import place_of
from assay.crypto.accounts import encode_address
from assay.proto.state_pb2 import Fault, Suspension


@click.group()
def query() -> None:
    """Records of the chain, proven against its headers."""


for _command in (
    query_validators.validators,
    query_validators.validator,
    query_stake.delegations,
    query_stake.delegations_to,
    query_stake.unbonding,
    query_stake.redelegations,
    query_stake.rewards,
    query_validators.commission,
    query_validators.slashes,
    query_validators.signing_info,
    query_stake.pool,
    query_stake.community_pool,
):
    query.add_command(_command)


def _hexadecimal(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise click.BadParameter(f"--start takes hexadecimal digits, not {text!r}") from None


@query.command(short_help="Show balance and sequence of ACCOUNT.")
@click.argument("account_", metavar="ACCOUNT", shell_complete=key_names)
@pass_session
def account(session: Session, account_: str) -> None:
    """Show balance and sequence of ACCOUNT, an address or the name of a key."""
    address = session.address(account_)
    show_record(session, encode_address(address), lambda client: client.query.account(address))


@query.command("round")
@click.argument("round_id", metavar="ROUND", type=IDENT)
@pass_session
def round_(session: Session, round_id: int) -> None:
    """Show a round's record."""
    show_record(session, f"round {round_id}", lambda client: client.query.round(round_id))


@query.command()
@click.argument("round_id", metavar="ROUND", type=IDENT)
@click.argument("account_", metavar="ACCOUNT", shell_complete=key_names)
@pass_session
def contribution(session: Session, round_id: int, account_: str) -> None:
    """Show one account's contribution to a round."""
    address = session.address(account_)
    title = f"contribution to round {round_id}"
    show_record(session, title, lambda client: client.query.contribution(round_id, address))


@query.command()
@click.argument("key_id", metavar="KEY", type=IDENT)
@pass_session
def key(session: Session, key_id: int) -> None:
    """Show a committee key."""
    show_record(session, f"committee key {key_id}", lambda client: client.query.key(key_id))


@query.command()
@pass_session
def params(session: Session) -> None:
    """Show the chain's parameters."""
    show_record(session, "parameters", lambda client: client.query.params())


@query.command()
@pass_session
def supply(session: Session) -> None:
    """Show tokens in existence and burned."""
    show_record(session, "supply", lambda client: client.query.supply())


@query.command(short_help="Show what committee members did wrong.")
@pass_session
def faults(session: Session) -> None:
    """Show what committee members did wrong, and which seats new keys leave out, as the node says."""
    height, named, suspensions = session.run(_faults)
    suspended = {item.validator: item for item in suspensions}
    table = new_table("validator", "key", "what", "at", "left out", title=f"faults, after block {height}")
    for fault in named:
        left_out = _left_out(suspended.get(fault.validator), height)
        kind = str(to_plain(fault)["kind"])
        table.add_row(fault.validator.hex(), str(fault.key_id), kind, str(fault.height), left_out)
    plain = {"faults": [to_plain(item) for item in named]}
    none = f"after block {height}, as the node says: no committee member has done wrong"
    session.emit(plain | {"suspensions": [to_plain(item) for item in suspensions]}, table if named else none)


async def _faults(client: Client) -> tuple[int, list[Fault], list[Suspension]]:
    height = (await client.query.chain()).height
    return height, (await client.query.faults()).value, (await client.query.suspensions()).value


def _left_out(suspension: Suspension | None, height: int) -> str:
    """Say for how long new keys leave a seat out."""
    if suspension is None or suspension.until <= height + 1:
        return "no more"
    return f"until block {suspension.until}"


@query.command("path", short_help="Show the record or list at PATH.")
@click.argument("path")
@click.option("--height", type=HEIGHT, default=0, help="After this block; 0: the latest.")
@click.option("--limit", type=click.IntRange(0, 1000), default=0, help="Most records of a list; 0: 100.")
@click.option("--start", metavar="HEX", default="", help="Where a list goes on; the page before says it.")
@pass_session
def path_(session: Session, path: str, height: int, limit: int, start: str) -> None:
    """Show the record or list at PATH, such as /round/7 or /round; docs/rpc.md has them all.

    Every record of a list is proven; that none is missing cannot be.
    """
    if not place_of(path).is_list:
        show_record(session, path, lambda client: client.path.record(path, height=height))
        return
    first = _hexadecimal(start)
    answer = session.run(lambda client: client.path.page(path, start=first, limit=limit, height=height))
    title = f"{path}, {provenance(answer)}; that none is missing is not proven"
    table = new_table("path", "record", title=title)
    for name, record in answer.value.records:
        table.add_row(name, cell("", plain(record)))
    records = [{"path": name, "value": plain(record)} for name, record in answer.value.records]
    more = answer.value.next.hex()
    document = {"height": answer.height, "verified": answer.verified, "records": records, "next": more}
    session.emit(document, table)
    if more:
        session.note(f"there are more: --start {more}")


@query.command("header", short_help="Show a block's header, and how --trust names it.")
@click.argument("height", type=HEIGHT, default=0)
@pass_session
def header_(session: Session, height: int) -> None:
    """Show the header of the block at HEIGHT, or of the latest, and how --trust names it."""
    answer = session.run(lambda client: client.header(height))
    found, trust = answer.value, str(Trust(answer.height, answer.value.hash))
    source = "follows from the one you trust" if answer.verified else "as the node says, NOT PROVEN"
    fields = {
        "trust": trust,
        "chain_id": found.chain_id,
        "time": time_in_words(found.time),
        "app_hash": found.app_hash.hex(),
        "validators_hash": found.validators_hash.hex(),
    }
    table = new_table("field", "value", title=f"header {found.height}, {source}")
    for name, value in fields.items():
        table.add_row(name, value)
    # Once more in one piece: a narrow table folds it.
    told = Group(table, f"--trust {trust}")
    session.emit({"height": found.height, "verified": answer.verified, **fields}, told)


@query.command()
@pass_session
def chain(session: Session) -> None:
    """Show chain id, heights and ready keys, as the node says."""
    info = to_plain(session.run(lambda client: client.query.chain()))
    table = new_table("field", "value", title="chain, as the node says")
    for name in ("chain_id", "height", "provable_height", "ready_keys", "key_note"):
        if info[name] != "":
            table.add_row(name, cell(name, info[name]))
    session.emit(info, table)
