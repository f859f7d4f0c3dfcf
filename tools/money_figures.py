"""Write the tables of docs/money.md: what attacks on a bounty gain and lose, by the chain's own formula.

Run it without arguments to write them, with --check to compare them. Updates are integer vectors of length
`LENGTH`, so every score and every amount is exact; nothing is encrypted and no mask is added.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Final, cast

from google.protobuf.message import Message as Proto

from assay.crypto import accounts
from assay.crypto.ckks.payload import payload_bytes
from assay.crypto.presets import STANDARD
from assay.proto.tx_pb2 import Message, MsgCommit, MsgOpenRound, MsgReveal, TxBody
from assay.state.ante import gas_needed
from assay.state.envelope import AccountTx, decode
from assay.state.rules.gas import least_fee
from assay.state.rules.params import default_params
from assay.state.rules.payout import Outcome, Payout, Score, divide

PAGE = Path(__file__).parents[1] / "docs" / "money.md"
LENGTH = 10**6
"""Length of an update, so that coordinates are millionths."""
BOUNTY = 1_000_000
HONEST = 3
LEAST_PAID = 3
RESERVE = 150_000
COMMITTEE_SHARE = default_params().committee_share

Vector = tuple[int, ...]


# --- updates -----------------------------------------------------------------


def along(*parts: tuple[int, int]) -> Vector:
    """Return the update in the direction that has these coordinates: (axis, value) pairs, 80 axes."""
    values = [0] * 80
    for axis, value in parts:
        values[axis] += value
    length = isqrt(LENGTH**2 * sum(value * value for value in values))
    return tuple(LENGTH * LENGTH * value // length for value in values)


def honest(number: int) -> Vector:
    """Return an honest update: cosine 0.6 with the owner's task (axis 0), the rest noise of its own."""
    return along((0, 3), (1 + number, 4))


def dot(left: Vector, right: Vector) -> int:
    """Return the inner product; an update with itself gives about LENGTH^2."""
    return sum(a * b for a, b in zip(left, right, strict=True))


def settle(updates: Sequence[Vector], reference: Vector, reserves: Sequence[int] = ()) -> Payout:
    """Divide BOUNTY between accepted updates as a round does."""
    total = tuple(map(sum, zip(*updates, strict=True)))
    kept = [*reserves, *[0] * (len(updates) - len(reserves))]
    scores = [Score(dot(u, reference), dot(u, total), least) for u, least in zip(updates, kept, strict=True)]
    return divide(BOUNTY, scores, dot(reference, reference), LEAST_PAID, COMMITTEE_SHARE)


# --- attacks -----------------------------------------------------------------


@dataclass(frozen=True)
class Ambush:
    """A round in which the owner has puppets beside three honest contributors.

    Attributes
    ----------
    back
        What the owner's puppets are paid, and what reserves send back to the owner.
    each
        What each honest contributor is paid.
    bought
        Whether the honest updates are in the sum that the owner gets.
    """

    back: int
    each: int
    bought: bool


def ambush(puppets: Sequence[Vector], reference: Vector, reserve: int = 0) -> Ambush:
    """Settle such a round; every honest contributor has the same reserve."""
    updates = [*(honest(n) for n in range(HONEST)), *puppets]
    paid = settle(updates, reference, [reserve] * HONEST)
    each = min(paid.amounts[:HONEST])
    back = sum(paid.amounts[HONEST:]) + paid.refund
    return Ambush(back, each, paid.outcome is Outcome.PAID and each > 0)


def reference_as_update(puppets: int, reserve: int = 0) -> Ambush:
    """Puppets that submit the reference itself, each under an encryption of its own."""
    task = along((0, 1))
    return ambush([task] * puppets, task, reserve)


def bent_reference(towards: int, reserve: int = 0) -> Ambush:
    """Three puppets submit p; the reference is `towards` per cent p and otherwise the honest task."""
    puppet = along((79, 1))
    return ambush([puppet] * 3, along((79, towards), (0, 100 - towards)), reserve)


def clones(copies: int) -> int:
    """Return what one contributor earns with so many copies of its update, beside two honest ones."""
    own = honest(2)
    paid = settle([honest(0), honest(1), *[own] * copies], along((0, 1)))
    return sum(paid.amounts[2:])


def split(parts: int) -> int:
    """Return what one contributor earns with its data in so many parts, each trained by itself.

    With an n-th of the data the noise of an update has n times the variance: 3 parts signal stand against
    4 sqrt(n) of noise, and the parts' noises are independent.
    """
    noise = isqrt(16 * parts * 10**12)
    own = [along((0, 3 * 10**6), (3 + n, noise)) for n in range(parts)]
    return sum(settle([honest(0), honest(1), *own], along((0, 1))).amounts[2:])


# --- fees --------------------------------------------------------------------


def fee(kind: str, message: Proto) -> int:
    """Return the least fee of a transaction with one message, at the default parameters."""
    wrapped = Message()
    getattr(wrapped, kind).CopyFrom(message)
    body = TxBody(messages=[wrapped], sequence=1000, gas_limit=10**7, fee=10**5)
    raw = accounts.sign_tx(accounts.from_seed(bytes(32)), "assay-1", body.SerializeToString())
    entry, params = cast(AccountTx, decode(raw, "assay-1", 1 << 22)), default_params()
    return least_fee(gas_needed(entry, params), params.gas_price)


def open_fee() -> int:
    """Return the fee of opening a round whose model needs one ciphertext."""
    return fee("open_round", MsgOpenRound(model_id=bytes(32), reference=bytes(payload_bytes(STANDARD, 1))))


def commit_fee() -> int:
    """Return the fee of a commitment."""
    return fee("commit", MsgCommit(round_id=1000, commitment=bytes(32)))


def reveal_fee() -> int:
    """Return the fee of revealing one ciphertext."""
    return fee("reveal", MsgReveal(round_id=1000, salt=bytes(32), payload=bytes(payload_bytes(STANDARD, 1))))


# --- the page ----------------------------------------------------------------


def table(head: Sequence[str], rows: Iterable[Sequence[int | str]]) -> str:
    """Return a Markdown table; numbers stand right, with commas."""
    body = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows]
    numbers = [all(row[column].replace(",", "").isdigit() for row in body) for column in range(len(head))]
    lines = [head, ["---:" if number else "---" for number in numbers], *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def reserved(found: Ambush) -> str:
    """Say what an attack comes to when the honest have reserves."""
    return f"yes, for {found.each:,} each" if found.bought else "no; the bounty goes back"


def place_fee() -> int:
    """Return the fees of filling one place of a round."""
    return commit_fee() + reveal_fee()


def fees_table() -> str:
    """Return what transactions cost."""
    params = default_params()
    rows = [
        ("opening a round", open_fee()),
        ("a commitment", commit_fee()),
        ("a reveal", reveal_fee()),
        ("a place that is filled: commitment and reveal", place_fee()),
        ("62 places that are filled", 62 * place_fee()),
        ("64 commitments with the least deposits, which burn", 64 * (commit_fee() + params.min_deposit)),
        ("opening a round with the least scoring fee", open_fee() + LEAST_PAID * params.min_scoring_fee),
    ]
    return table(
        ("transaction, at the default parameters, one ciphertext at `standard`", "least fee, uasy"), rows
    )


def puppets_table() -> str:
    """Return what puppets that submit the reference bring the owner."""
    head = (
        "puppets",
        "paid to each honest",
        "the honest sum costs the owner",
        "sold with reserves of 150,000?",
    )
    rows = []
    for count in (0, 1, 3, 10, 61):
        free = reference_as_update(count)
        rows.append((count, free.each, BOUNTY - free.back, reserved(reference_as_update(count, RESERVE))))
    return table(head, rows)


def bent_table() -> str:
    """Return what a bent reference brings the owner."""
    head = (
        "reference, % of p",
        "paid to each honest",
        "honest updates sold?",
        "sold with reserves of 150,000?",
    )
    rows = []
    for towards in (0, 25, 50, 60, 65, 100):
        free, kept = bent_reference(towards), bent_reference(towards, RESERVE)
        rows.append((towards, free.each, "yes" if free.bought else "no", reserved(kept)))
    return table(head, rows)


def clones_table() -> str:
    """Return what one contributor earns as several."""
    head = ("n", "n copies earn, together", "n parts earn, together", "fees of n places")
    return table(head, [(n, clones(n), split(n), n * place_fee()) for n in (1, 2, 4, 8, 16, 62)])


TABLES: Final = {"fees": fees_table, "puppets": puppets_table, "bent": bent_table, "clones": clones_table}


def render(page: str) -> str:
    """Return the page with every table between its marks as it must be."""
    for name, made in TABLES.items():
        begin, end = f"<!-- table {name} -->\n", f"<!-- end {name} -->"
        before, rest = page.split(begin)
        page = before + begin + made() + end + rest.split(end)[1]
    return page


def main() -> int:
    """Write the tables, or compare them."""
    page = PAGE.read_text()
    if sys.argv[1:] == ["--check"]:
        if page == render(page):
            return 0
        print("docs/money.md is not what the payout formula says; run tools/money_figures.py")
        return 1
    PAGE.write_text(render(page))
    return 0


if __name__ == "__main__":
    sys.exit(main())
