"""``assay bounty``: open rounds, look at them, collect what they bought."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Group, RenderableType

from assay.client import bounty as opening
from assay.client import release
from assay.client.amounts import format_amount, format_column
from assay.client.bounty import Terms
from assay.client.cli.model import weights_document
from assay.client.cli.parameters import COUNT, CSV_FILE, IDENT, amount, from_option, hex32
from assay.client.cli.plain import to_plain
from assay.client.cli.progress import steps
from assay.client.cli.sending import done, result_document, send, settled
from assay.client.cli.session import Session, pass_session
from assay.client.cli.show import provenance
from assay.client.cli.tables import new_table
from assay.client.client import Client
from assay.client.contribution import Report
from assay.client.explain import contribution_word, round_word
from assay.client.home import Home
from assay.client.messages import cancel_round
from assay.client.phases import doing_until
from assay.client.progress import aside
from assay.client.records import Answer
from assay.client.release import Collected, Progress
from assay.client.timing import BlockClock, measure
from assay.client.train import evaluate
from assay.client.train.manifest import with_weights
from assay.client.train.table import DataSet, load
from assay.client.tx_results import TxResult
from assay.crypto.accounts import Account, encode_address
from assay.proto import state_pb2 as pb
from assay.proto.model_pb2 import Model
from assay.proto.state_pb2 import Contribution, Round
from assay.proto.tx_pb2 import MsgOpenRound


@click.group(short_help="Open, list and show rounds; collect what they bought.")
def bounty() -> None:
    """Bounties: open a round, list and show rounds, collect the sum of the paid updates."""


@bounty.command("open", short_help="Open a round that pays for improving MODEL.")
@click.argument("model_id", metavar="MODEL", type=hex32)
@click.argument("data", type=CSV_FILE)
@click.option("--bounty", type=amount, required=True, help="Paid to contributors by what they are worth.")
@click.option("--target", help="Target column in DATA, if not called as in the model.")
@click.option("--scoring-fee", type=amount, help="Pays the committee; default: the least.")
@click.option("--deposit", type=amount, help="What a contributor puts down; default: the least.")
@click.option("--min-contributors", type=COUNT, help="Fewer paid than this refund everything.")
@click.option("--max-contributors", type=COUNT, help="The round is full then; default: 16.")
@click.option("--commit-window", type=COUNT, help="Blocks for commitments; default: 300.")
@click.option("--reveal-window", type=COUNT, help="Blocks for reveals; default: what they need, doubled.")
@click.option(
    "--scoring-window", type=COUNT, help="Blocks for the committee; default: what it needs, doubled."
)
@from_option
@pass_session
def open_(
    session: Session, /, model_id: bytes, data: Path, target: str | None, key: str | None, **terms: Any
) -> None:
    """Open a round that pays for improving MODEL on DATA, a CSV file of held-out rows.

    DATA stays on this machine. The update that DATA asks for is encrypted and fixed as the round's reference:
    contributors are paid by how far their updates go in its direction.
    """
    account = session.signer(key)
    asked = Terms(**terms)

    async def read(client: Client, report: Report) -> DataSet:
        model = (await client.query.model(model_id)).value.model
        rows = await aside(load, data, model, target)
        for note in rows.notes:
            report(note)
        return rows

    async def rehearse(client: Client, report: Report) -> MsgOpenRound:
        return await opening.rehearse(client, model_id, await read(client, report), asked, report)

    async def open_round(client: Client, report: Report) -> tuple[int, TxResult, Round, BlockClock]:
        rows = await read(client, report)
        number, result = await opening.open_bounty(
            client, account, session.home, model_id, rows, asked, report
        )
        await settled(client, result)
        return number, result, (await client.query.round(number)).value, await measure(client)

    session.note(f"bounty {format_amount(asked.bounty)}, paid by {account.address_text}")
    if session.dry_run:
        with steps(session) as report:
            message = session.run(lambda client: rehearse(client, report))
        session.emit({"dry_run": True, "terms": _terms(message)}, "Nothing was sent: this was a dry run.")
        return
    session.confirm(
        f"Put {format_amount(asked.bounty)} into escrow for a round on model {model_id.hex()[:16]}...?"
    )
    with steps(session) as report:
        number, result, record, clock = session.run(lambda client: open_round(client, report))
    document = {"round": number, "record": to_plain(record), "transaction": result_document(result)}
    session.emit(document, f"round {number} opened in block {result.height}; {doing_until(record, clock)}")


def _terms(message: MsgOpenRound) -> dict[str, Any]:
    """Return what a round asks for, all but the key and what is encrypted under it."""
    unknown = ("key_id", "reference", "owner_public_key")
    return {name: value for name, value in to_plain(message).items() if name not in unknown}


@bounty.command("list")
@pass_session
def list_(session: Session) -> None:
    """List all rounds."""
    records = session.run(lambda client: client.query.rounds()).value
    numeric = ("round", "bounty", "committed")
    columns = ("round", "status", "bounty", "committed", "asked for", "until", "model")
    table = new_table(*columns, title="rounds, as the node says", right=numeric)
    bounties = format_column([record.bounty for record in records])
    for record, offered in zip(records, bounties, strict=True):
        table.add_row(
            str(record.id),
            round_word(record),
            offered,
            str(record.committed),
            _asked(record),
            f"ended at {record.ended}" if record.ended else str(record.deadline),
            record.model_id.hex()[:16],
        )
    told = table if records else "rounds, as the node says: none"
    session.emit([to_plain(record) for record in records], told)


@bounty.command()
@click.argument("round_id", metavar="ROUND", type=IDENT)
@pass_session
def show(session: Session, round_id: int) -> None:
    """Show a round, its deadlines and its contributors."""

    async def read(client: Client) -> tuple[Answer[Round], list[Contribution], Progress | None, BlockClock]:
        everybody = await client.query.contributions(round_id)
        record = await client.query.round(round_id, height=everybody.height)
        sent = await release.progress(client, record.value) if release.is_running(record.value) else None
        return record, everybody.value, sent, await measure(client)

    record, contributions, sent, clock = session.run(read)
    document = {
        "height": record.height,
        "verified": record.verified,
        "round": to_plain(record.value),
        "contributions": [to_plain(item) for item in contributions],
        "deadline_time": clock.expected(record.value.deadline).isoformat() if record.value.deadline else None,
        "release": sent.plain() if sent else None,
    }
    session.emit(document, _round_text(record, contributions, sent, clock))


def _round_text(
    record: Answer[Round], contributions: list[Contribution], sent: Progress | None, clock: BlockClock
) -> Group:
    item = record.value
    facts = new_table("field", "value", title=f"round {item.id}, {provenance(record)}")
    rows = {
        "status": round_word(item) + (f" ({item.outcome})" if item.outcome else ""),
        **_time_rows(item, clock),
        **({"sealed shares, as the node says": sent.text()} if sent else {}),
        "bounty": format_amount(item.bounty),
        "deposit": format_amount(item.deposit),
        "contributors": f"{item.committed} committed, {item.revealed} revealed, {_asked(item)} asked for",
        "windows, in blocks": f"commitments {item.commit_window}, reveals {item.reveal_window}, "
        f"scoring {item.scoring_window}",
        "model": item.model_id.hex(),
        "owner": encode_address(item.owner),
        "paid; the scoring fee follows" if sent else "paid, with the scoring fee": format_amount(item.paid),
        "refunded, with deposits": format_amount(item.refunded),
        "burned": format_amount(item.burned),
    }
    for name, value in rows.items():
        facts.add_row(name, value)
    return Group(facts, _people(contributions))


def _asked(item: Round) -> str:
    """Say how many contributors a round asks for: ``3 to 16``, or ``2``."""
    least, most = item.min_contributors, item.max_contributors
    return str(most) if least == most else f"{least} to {most}"


def _time_rows(item: Round, clock: BlockClock) -> dict[str, str]:
    """Say when the present phase ends, or when the round ended and what is left of it."""
    if not item.ended:
        return {"now": doing_until(item, clock)}
    rows = {"ended": clock.describe(item.ended)}
    if item.status == pb.ROUND_STATUS_SETTLED:
        kept = f"kept until {clock.describe(item.deadline)}" if item.deadline else "no longer kept"
        rows["released sum"] = kept
    return rows


def _people(contributions: list[Contribution]) -> RenderableType:
    if not contributions:
        return "nobody has committed"
    table = new_table("contributor", "status", "reserve", "paid", right=("reserve", "paid"))
    reserves = format_column([entry.reserve for entry in contributions])
    amounts = format_column([entry.amount for entry in contributions])
    for entry, reserve, paid in zip(contributions, reserves, amounts, strict=True):
        table.add_row(encode_address(entry.sender), contribution_word(entry), reserve, paid)
    return table


@bounty.command()
@click.argument("round_id", metavar="ROUND", type=IDENT)
@from_option
@pass_session
def cancel(session: Session, round_id: int, key: str | None) -> None:
    """Take ROUND back, as long as nobody has committed to it."""
    account = session.signer(key)
    result = send(session, account, [cancel_round(round_id)], f"Cancel round {round_id}?")
    done(session, result, f"cancelled round {round_id}")


@bounty.command(short_help="Open the sum of ROUND's paid updates, and apply it.")
@click.argument("round_id", metavar="ROUND", type=IDENT)
@click.argument("data", type=CSV_FILE)
@click.option("--target", help="Target column in DATA, if not called as in the model.")
@click.option(
    "--save", type=click.Path(path_type=Path, dir_okay=False), help="File for the new weights, JSON."
)
@click.option("--keep", is_flag=True, help="Do not tell the chain that the sum may be dropped.")
@from_option
@pass_session
def collect(
    session: Session,
    round_id: int,
    data: Path,
    target: str | None,
    save: Path | None,
    keep: bool,
    key: str | None,
) -> None:
    """Open the sum of ROUND's paid updates, apply it, and say what it does on DATA, the held-out rows.

    The step along the sum is the one with the least loss on DATA. The new weights are kept in the home
    directory, and in the file that --save names. Then the chain is told that it may drop the sum.
    """
    account = None if keep or session.dry_run else session.signer(key)

    async def open_sum(client: Client, report: Report) -> tuple[Model, Collected, DataSet]:
        report("opening the sealed shares of the sum")
        model, total, wrong = await release.open_sum(client, session.home, round_id)
        rows = await aside(load, data, model, target)
        report(f"searching the best step on {len(rows.y)} held-out rows")
        return model, await aside(release.apply_sum, model, total, wrong, rows), rows

    with steps(session) as report:
        model, found, _ = session.run(lambda client: open_sum(client, report))
    document = weights_document(with_weights(model, found.parameters)) | {"sum": found.total.tolist()}
    kept = session.home.write_json("collected", f"round-{round_id}.json", document)
    if save is not None:
        save.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if account is not None:
        wrong = bool(found.wrong_members)
        session.run(lambda client: _acknowledge(client, session.home if wrong else None, account, round_id))
    session.emit(
        _collected_document(round_id, found, save or kept), _collected_text(model, found, save or kept)
    )


async def _acknowledge(client: Client, home: Home | None, account: Account, round_id: int) -> None:
    """End the release; before that prove, with the secret in the home, who has sent a wrong share."""
    proofs = await release.reports(client, home, round_id) if home else {}
    await settled(client, await release.acknowledge(client, account, round_id, list(proofs.values())))


def _collected_document(round_id: int, found: Collected, file: Path) -> dict[str, Any]:
    return {
        "round": round_id,
        "step": found.step,
        "accuracy_before": found.score_before,
        "accuracy_after": found.score_after,
        "loss_before": found.loss_before,
        "loss_after": found.loss_after,
        "wrong_members": list(found.wrong_members),
        "weights": str(file),
    }


def _collected_text(model: Model, found: Collected, file: Path) -> Group:
    table = new_table("on the held-out rows", "before", "after")
    table.add_row(evaluate.score_name(model), f"{found.score_before:.4f}", f"{found.score_after:.4f}")
    table.add_row("loss", f"{found.loss_before:.4f}", f"{found.loss_after:.4f}")
    notes = [f"step {found.step:.4g} along the sum; new weights in {file}"]
    if found.step == 0:
        notes.append("the sum does not lower the loss on these rows, so the weights stay as they are")
    if found.wrong_members:
        wrong = ", ".join(map(str, found.wrong_members))
        notes.append(f"sent a share that does not fit the others': committee member {wrong}")
    return Group(table, *notes)
