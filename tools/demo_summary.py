"""What a demo came to: gathered from the chain, told, and written down."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo_data import DATA_OWNERS, HELD_OUT
from demo_stage import Stage

from assay.client import Client
from assay.client.amounts import format_amount
from assay.client.home import Home


@dataclass(frozen=True)
class Results:
    """Answers of the chain and of the client, as their JSON has them.

    Attributes
    ----------
    addresses
        The data owners', in the order of `DATA_OWNERS`.
    explained
        ``assay explain``: proven, and recomputed.
    record, contributions
        ``assay bounty show``.
    before, after
        ``assay model evaluate`` on the held-out rows.
    app_hash
        After the block at which the payout was explained.
    """

    addresses: list[str]
    explained: dict[str, Any]
    record: dict[str, Any]
    contributions: list[dict[str, Any]]
    before: dict[str, Any]
    after: dict[str, Any]
    app_hash: str


async def gather(stage: Stage, folder: Path, rpc: str, model: str, number: int) -> Results:
    """Ask for everything the summary needs."""
    owner = ("assay", "--home", folder / "owner")
    evaluate = (*owner, "model", "evaluate", model, folder / "data" / f"{HELD_OUT.name}.csv")
    explained, shown, before, after = await asyncio.gather(
        stage.ask("assay", "--home", folder / "newcomer", "explain", number),
        stage.ask(*owner, "bounty", "show", number),
        stage.ask(*evaluate),
        stage.ask(*evaluate, "--weights", folder / "weights.json"),
    )
    return Results(
        addresses=[Home(folder / part.name).keystore().info(part.name).address for part in DATA_OWNERS],
        explained=explained,
        record=shown["round"],
        contributions=shown["contributions"],
        before=before,
        after=after,
        app_hash=await _app_hash(rpc, explained["height"]),
    )


async def _app_hash(rpc: str, height: int) -> str:
    """Return the app hash after a height, which is in the next block's header."""
    async with Client(rpc) as client:
        await client.blocks.until(height + 1)
        return str((await client.rpc.call("header", height=str(height + 1)))["header"]["app_hash"])


def tell(results: Results) -> None:
    """Print each data owner's share, and what the model is now worth."""
    lines = {line["address"]: line for line in results.explained["lines"]}
    print(f"{'data owner':<12}{'rows':>5}  {'labels':<8}{'of the bounty':>14}{'paid':>16}")
    for part, address in zip(DATA_OWNERS, results.addresses, strict=True):
        paid = lines[address]["amount"]
        share = f"{paid / results.record['bounty']:.1%}"
        print(f"{part.name:<12}{part.rows:>5}  {part.labels:<8}{share:>14}{format_amount(paid):>16}")
    before, after = results.before, results.after
    print(f"\non {before['rows']} held-out rows    before     after")
    for name in ("accuracy", "loss"):
        print(f"  {name:<20}{before[name]:>8.4f}  {after[name]:>8.4f}")
    print(
        "\nWhat is paid is how far an update moves the model where the owner wants it, not the number\n"
        "of rows. Flipped labels move it the other way; a few rows point where chance would have it."
    )


def write_summary(path: Path, results: Results) -> None:
    """Write the figures for tools/check_summary.py, amounts in uasy."""
    record, contributions = results.record, results.contributions
    amounts = {item["sender"]: item["amount"] for item in contributions}
    returned = sum(item["deposit_returned"] for item in contributions)
    summary = {
        "bounty": record["bounty"],
        "payouts": {address: amounts[address] for address in results.addresses},
        "refunded": record["refunded"] - returned,
        "committee": results.explained["committee"],
        "burned": sum(record["deposit"] for item in contributions if not item["deposit_returned"]),
        "scoring_fee": record["scoring_fee"],
        "deposits": record["deposit"] * len(contributions),
        "deposits_returned": returned,
        "escrowed": record["escrowed"],
        "accuracy_before": results.before["accuracy"],
        "accuracy_after": results.after["accuracy"],
        "held_out_rows": results.before["rows"],
        "heights": {
            "opened": record["created"],
            "last_commitment": max(item["committed_height"] for item in contributions),
            "last_reveal": max(item["revealed_height"] for item in contributions),
            "settled": record["ended"],
            "explained": results.explained["height"],
        },
        "app_hash": results.app_hash,
    }
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
