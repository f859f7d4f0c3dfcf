"""``assay explain``: why each contributor of a round got what it got."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click
from rich.console import Group
from rich.text import Text

from assay.client.amounts import format_amount, format_column
from assay.client.cli.parameters import IDENT
from assay.client.cli.session import Session, pass_session
from assay.client.cli.tables import new_table
from assay.client.client import Client
from assay.client.errors import ClientError
from assay.client.explain import ENDED, Explanation, Line, round_word
from assay.client.explain import explain as recompute
from assay.client.phases import doing
from assay.client.records import Answer
from assay.crypto.presets import by_wire_id
from assay.proto.state_pb2 import Contribution, Round


class Disagrees(ClientError):
    """The recomputed payout is not what the chain's records say."""


@click.command(short_help="Say why each contributor of ROUND got what it got.")
@click.argument("round_id", metavar="ROUND", type=IDENT)
@pass_session
def explain(session: Session, round_id: int) -> None:
    """Recompute every share of ROUND from proven scalars, and say why each contributor got what it got."""

    async def read(client: Client) -> tuple[Answer[Round], list[Contribution], int]:
        everybody = await client.query.contributions(round_id)
        record = await client.query.round(round_id, height=everybody.height)
        key = await client.query.key(record.value.key_id)
        return record, everybody.value, key.value.preset

    record, contributions, preset = session.run(read)
    found = recompute(record.value, contributions, by_wire_id(preset))
    session.emit(_document(record, found), _text(record, found))
    if found.disagreements:
        raise Disagrees("; ".join(found.disagreements))


def _document(record: Answer[Round], found: Explanation) -> dict[str, Any]:
    item = record.value
    return {
        "round": item.id,
        "status": round_word(item),
        "height": record.height,
        "verified": record.verified,
        "bounty": item.bounty,
        "refunded": item.refunded,
        "burned": item.burned,
        **asdict(found),
        "lines": [_line(line) for line in found.lines],
        "agrees": not found.disagreements,
    }


def _line(line: Line) -> dict[str, Any]:
    """Return a line as plain values; the numerator has too many digits for a JSON number."""
    numerator = None if line.numerator is None else str(line.numerator)
    return asdict(line) | {"numerator": numerator}


def _text(record: Answer[Round], found: Explanation) -> Group:
    item = record.value
    title = f"round {item.id}: {found.outcome}; bounty {format_amount(item.bounty)}"
    numeric = ("norm n", "alignment a", "aggregate h", "share", "paid")
    table = new_table("contributor", *numeric, title=title, right=numeric)
    amounts = format_column([line.amount for line in found.lines])
    for line, paid in zip(found.lines, amounts, strict=True):
        numbers = (line.norm, line.alignment, line.aggregate)
        share = "" if line.share is None else f"{line.share:+.2%}"
        table.add_row(
            line.address,
            *("" if n is None else f"{n:.4f}" for n in numbers),
            share,
            paid,
        )
    reasons = [Text.assemble((line.address, "bold"), f"\n  {line.reason}") for line in found.lines]
    return Group(table, *_formula(found), "", *reasons, "", _verdict(record, found))


def _formula(found: Explanation) -> list[str]:
    """Return the formula with its totals, once there are any."""
    if all(line.numerator is None for line in found.lines):
        return []
    totals = (found.total_alignment, found.total_aggregate, found.reference_norm)
    total = "A = {:.4f}, H = {:.4f}, n_ref = {:.4f}".format(*totals)
    divided = "the bounty"
    if found.committee:
        divided = f"the bounty without {format_amount(found.committee)} that are the committee's"
    return [f"share = 2 a / A - h / H; negative shares become 0, the rest divides {divided}; {total}"]


def _verdict(record: Answer[Round], found: Explanation) -> Text:
    proof = f"every number was proven against the header of block {record.height + 1}"
    if not record.verified:
        proof = "nothing was proven"
    if found.disagreements:
        return Text(f"The recomputed payout differs from the chain's records; {proof}.", style="red")
    if record.value.status not in ENDED:
        return Text(f"The round has not ended: {doing(record.value)}, and nothing is paid yet; {proof}.")
    return Text(f"Recomputed here from the opened scalars: the amounts agree; {proof}.")
