"""``assay contribute``: take part in a round with data that stay on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.text import Text

from assay.client import contribution
from assay.client.amounts import format_amount
from assay.client.cli.parameters import CSV_FILE, IDENT, amount, from_option
from assay.client.cli.plain import to_plain
from assay.client.cli.progress import steps
from assay.client.cli.session import Session, pass_session
from assay.client.client import Client
from assay.client.contribution import CannotContribute, Prepared, Report
from assay.client.explain import Line, explain
from assay.client.phases import doing_until, ending
from assay.client.timing import BlockClock, measure
from assay.crypto.accounts import Account
from assay.crypto.presets import by_wire_id
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Contribution, Round


@click.command(short_help="Train on DATA, submit the update, wait for the payout.")
@click.argument("round_id", metavar="ROUND", type=IDENT)
@click.argument("data", type=CSV_FILE, required=False)
@click.option("--target", help="Target column in DATA, if not called as in the model.")
@click.option("--reserve", type=amount, default=0, help="The least you accept; below it you are not paid.")
@click.option("--resume", is_flag=True, help="Go on with a contribution begun before; needs no DATA.")
@from_option
@pass_session
def contribute(
    session: Session,
    round_id: int,
    data: Path | None,
    target: str | None,
    reserve: int,
    resume: bool,
    key: str | None,
) -> None:
    """Train on the CSV file DATA, submit the encrypted update to ROUND, and wait for the payout.

    Nobody sees DATA or the update: the chain scores it encrypted. The command waits through the whole round;
    if it is interrupted, repeat it with --resume before the reveal window ends, or the deposit burns.
    """
    if (data is None) != resume:
        raise click.UsageError("give a CSV file, or --resume to go on with what was begun; not both")
    account = session.signer(key)
    prepared = _saved(session, account, round_id, resume=resume)
    if prepared is None and data is not None:
        prepared = _prepare(session, account, round_id, data, target, reserve)
    if prepared is None:
        raise CannotContribute(f"nothing was begun here for round {round_id} by {account.address_text}")
    if session.dry_run:
        document = {"dry_run": True, "payload_bytes": len(prepared.payload)}
        session.emit(document, f"Nothing was sent: this was a dry run ({len(prepared.payload):,} bytes).")
        return
    _finish(session, account, prepared)


def _saved(session: Session, account: Account, round_id: int, *, resume: bool) -> Prepared | None:
    async def find(client: Client) -> Prepared | None:
        return contribution.load_saved(session.home, await client.chain_id(), round_id, account.address)

    found = session.run(find)
    if found is not None and not resume:
        raise CannotContribute(
            f"a contribution to round {round_id} was begun here already; go on with it: --resume"
        )
    return found


def _prepare(
    session: Session, account: Account, round_id: int, data: Path, target: str | None, reserve: int
) -> Prepared:
    async def prepare(client: Client, report: Report) -> tuple[Prepared, Round, BlockClock]:
        prepared = await contribution.prepare(
            client, account.address, round_id, data, target, reserve, report
        )
        return prepared, (await client.query.round(round_id)).value, await measure(client)

    with steps(session) as report:
        prepared, record, clock = session.run(lambda client: prepare(client, report))
    session.note(f"round {round_id}: bounty {format_amount(record.bounty)}; {doing_until(record, clock)}")
    session.confirm(
        f"Commit to round {round_id}? The deposit of {format_amount(record.deposit)} comes back unless the "
        "update is malformed or never revealed."
    )
    if not session.dry_run:
        contribution.save(session.home, prepared)
    return prepared


def _finish(session: Session, account: Account, prepared: Prepared) -> None:
    async def carry(client: Client, report: Report) -> tuple[Round, Contribution, Line]:
        record, item = await contribution.carry_through(client, account, session.home, prepared, report)
        everybody = (await client.query.contributions(record.id)).value
        preset = by_wire_id((await client.query.key(record.key_id)).value.preset)
        lines = explain(record, everybody, preset).lines
        return record, item, next(line for line in lines if line.address == account.address_text)

    try:
        with steps(session) as report:
            record, item, line = session.run(lambda client: carry(client, report))
    except KeyboardInterrupt:
        session.note(f"interrupted; go on in time with: assay contribute {prepared.round_id} --resume")
        raise
    session.emit(_document(record, item, line), _text(record, item, line))


def _document(record: Round, item: Contribution, line: Line) -> dict[str, Any]:
    return {
        "round": record.id,
        "outcome": record.outcome,
        "amount": item.amount,
        "deposit_returned": item.deposit_returned,
        "reason": line.reason,
        "contribution": to_plain(item),
    }


def _text(record: Round, item: Contribution, line: Line) -> Text:
    style = "green" if item.status == pb.CONTRIBUTION_STATUS_PAID else "yellow"
    return Text.assemble((ending(record, item), style), f"\n{line.reason}")
