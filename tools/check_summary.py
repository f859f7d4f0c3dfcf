"""Check that a demo's summary adds up, with nothing but the standard library.

    python tools/check_summary.py out/demo/summary.json

It imports nothing of Assay on purpose: the numbers are judged by code that did not produce them. The summary
is a JSON object. In uasy: `bounty`, `payouts` by address, `committee` (of the bounty, set aside for it),
`refunded` (of the bounty, back to the owner), `scoring_fee`, `deposits` (put down), `deposits_returned`,
`burned` (of the deposits) and `escrowed` (everything that came in). Then `accuracy_before` and
`accuracy_after` on `held_out_rows` rows, `heights` by phase in the order in which they happened, and
`app_hash` in hexadecimal.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

AMOUNTS = (
    "bounty",
    "committee",
    "refunded",
    "scoring_fee",
    "deposits",
    "deposits_returned",
    "burned",
    "escrowed",
)
ACCURACIES = ("accuracy_before", "accuracy_after")
EXPECTED = (*AMOUNTS, *ACCURACIES, "payouts", "held_out_rows", "heights", "app_hash")
ADDRESS = re.compile(r"assay1[02-9ac-hj-np-z]{38}")  # bech32 of 20 bytes: 32 + 6 characters
APP_HASH = re.compile(r"[0-9a-fA-F]{64}")


def is_amount(value: Any) -> bool:
    """Whether a value is a whole number of uasy."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def money_problems(summary: dict[str, Any]) -> list[str]:
    """Judge bounty, payouts, refund and burn."""
    payouts = summary["payouts"]
    problems = [f"{address!r} is not an address" for address in payouts if not ADDRESS.fullmatch(address)]
    amounts = {name: summary[name] for name in AMOUNTS} | payouts
    wrong = {name: value for name, value in amounts.items() if not is_amount(value)}
    if wrong:
        return [*problems, f"these are not whole numbers of uasy: {wrong}"]
    if not any(payouts.values()):
        problems.append("nobody was paid")
    return problems + escrow_problems(amounts | {"paid": sum(payouts.values())})


def escrow_problems(amounts: dict[str, int]) -> list[str]:
    """Judge that what came in is what went out, of the bounty, of the deposits and of all together."""
    equations = {
        "bounty": ("paid", "committee", "refunded"),
        "deposits": ("deposits_returned", "burned"),
        "escrowed": ("bounty", "scoring_fee", "deposits"),
    }
    return [
        f"{' and '.join(f'{name} {amounts[name]}' for name in parts)} are not the {whole} {amounts[whole]}"
        for whole, parts in equations.items()
        if sum(amounts[name] for name in parts) != amounts[whole]
    ]


def accuracy_problems(summary: dict[str, Any]) -> list[str]:
    """Judge the accuracies."""
    before, after, rows = (summary[name] for name in (*ACCURACIES, "held_out_rows"))
    if not all(isinstance(value, float) and 0 <= value <= 1 for value in (before, after)):
        return [f"accuracies {before!r} and {after!r} are not both between 0.0 and 1.0"]
    if not is_amount(rows) or any(
        abs(value * rows - round(value * rows)) > 1e-6 for value in (before, after)
    ):
        return [f"accuracies {before} and {after} are not whole numbers of rows of {rows!r}"]
    if after < before:
        return [f"the paid updates did harm: accuracy {before} before, {after} after"]
    return []


def chain_problems(summary: dict[str, Any]) -> list[str]:
    """Judge heights and app hash."""
    problems = []
    heights = list(summary["heights"].values())
    plausible = heights and all(is_amount(height) and height > 0 for height in heights)
    if not plausible or heights != sorted(heights):
        problems.append(f"heights {heights} do not ascend from above 0")
    if not APP_HASH.fullmatch(str(summary["app_hash"])):
        problems.append(f"app_hash {summary['app_hash']!r} is not 32 bytes in hexadecimal")
    return problems


def without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object's members; refuse a name that stands there twice."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"a name stands twice among {[name for name, _ in pairs]}")
    return dict(pairs)


def problems_of(summary: Any) -> list[str]:
    """All that is wrong with a summary, in sentences."""
    if not isinstance(summary, dict):
        return ["the summary is not a JSON object"]
    missing = [name for name in EXPECTED if name not in summary]
    if missing:
        return [f"the summary lacks {', '.join(missing)}"]
    if not all(isinstance(summary[name], dict) for name in ("payouts", "heights")):
        return ["payouts and heights are not both JSON objects"]
    return money_problems(summary) + accuracy_problems(summary) + chain_problems(summary)


def main(arguments: list[str]) -> int:
    """Check one file; 0 when it adds up, 1 when not, 2 when it cannot be read."""
    if len(arguments) != 1:
        print("usage: check_summary.py SUMMARY.json", file=sys.stderr)
        return 2
    try:
        summary = json.loads(Path(arguments[0]).read_text(), object_pairs_hook=without_doubles)
    except (OSError, ValueError) as error:
        print(f"{arguments[0]} cannot be read: {error}", file=sys.stderr)
        return 2
    problems = problems_of(summary)
    for problem in problems:
        print(f"{arguments[0]}: {problem}", file=sys.stderr)
    if not problems:
        parts = {"paid": sum(summary["payouts"].values()), "for the committee": summary["committee"]}
        parts["refunded"] = summary["refunded"]
        total = " + ".join(f"{amount} {what}" for what, amount in parts.items())
        print(f"{arguments[0]} adds up: {total} = {summary['bounty']} uasy")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
