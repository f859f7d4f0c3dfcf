"""Check that a demo's summary adds up, with nothing but the standard library.

    python tools/check_summary.py out/demo/summary.json

It imports nothing of Assay on purpose: the numbers are judged by code that did not produce them. The summary
is a JSON object: `bounty`, `refunded` (of the bounty, back to the owner) and `burned` (deposits) in uasy,
`payouts` by address, `accuracy_before` and `accuracy_after` on held-out data, `heights` by phase in the order
in which they happened, and `app_hash` in hexadecimal.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

AMOUNTS = ("bounty", "refunded", "burned")
EXPECTED = (*AMOUNTS, "payouts", "accuracy_before", "accuracy_after", "heights", "app_hash")
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
    paid, refunded, bounty = sum(payouts.values()), summary["refunded"], summary["bounty"]
    if paid + refunded != bounty:
        problems.append(f"paid {paid} and refunded {refunded} are not the bounty {bounty}")
    return problems


def accuracy_problems(summary: dict[str, Any]) -> list[str]:
    """Judge the accuracies."""
    before, after = summary["accuracy_before"], summary["accuracy_after"]
    if not all(isinstance(value, float) and 0 <= value <= 1 for value in (before, after)):
        return [f"accuracies {before!r} and {after!r} are not both between 0.0 and 1.0"]
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


def problems_of(summary: dict[str, Any]) -> list[str]:
    """All that is wrong with a summary, in sentences."""
    missing = [name for name in EXPECTED if name not in summary]
    if missing:
        return [f"the summary lacks {', '.join(missing)}"]
    return money_problems(summary) + accuracy_problems(summary) + chain_problems(summary)


def main(arguments: list[str]) -> int:
    """Check one file; 0 when it adds up, 1 when not, 2 when it cannot be read."""
    if len(arguments) != 1:
        print("usage: check_summary.py SUMMARY.json", file=sys.stderr)
        return 2
    try:
        summary = json.loads(Path(arguments[0]).read_text())
    except (OSError, ValueError) as error:
        print(f"{arguments[0]} cannot be read: {error}", file=sys.stderr)
        return 2
    problems = problems_of(summary)
    for problem in problems:
        print(f"{arguments[0]}: {problem}", file=sys.stderr)
    if not problems:
        paid, refunded = sum(summary["payouts"].values()), summary["refunded"]
        print(f"{arguments[0]} adds up: {paid} paid + {refunded} refunded = {summary['bounty']} uasy")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
