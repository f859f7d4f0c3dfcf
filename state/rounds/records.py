"""Records of rounds and contributions, and the events that tell of them.

Every event about a round has the kind "round" and can be found by `id` and
`what`, and by `account` where it concerns one, so that a single query follows
a round, or an account through all rounds.
"""

from __future__ import annotations

from collections.abc import Iterable

from assay.crypto.accounts import encode_address
from assay.proto.state_pb2 import Contribution, ContributionStatus, Round, RoundStatus
from assay.state import schedule
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.errors import RoundNotFound


def load(view: Overlay, round_id: int) -> Round:
    """Return a round's record.

    Raises
    ------
    RoundNotFound
        If there is none.
    """
    record = view.load(Round, keys.round_(round_id))
    if record is None:
        raise RoundNotFound(f"there is no round {round_id}")
    return record


def save(view: Overlay, record: Round) -> None:
    """Write a round's record."""
    view.save(keys.round_(record.id), record)


def contribution(view: Overlay, round_id: int, sender: bytes) -> Contribution | None:
    """Return one sender's contribution, or None."""
    return view.load(Contribution, keys.contribution(round_id, sender))


def contributions(view: Overlay, round_id: int, *statuses: ContributionStatus) -> list[Contribution]:
    """Return a round's contributions in order of commitment: all, or those with one of `statuses`."""
    found = (Contribution.FromString(data) for _, data in view.iterate(keys.contributions(round_id)))
    chosen = [item for item in found if not statuses or item.status in statuses]
    return sorted(chosen, key=lambda item: item.index)


def save_contributions(view: Overlay, items: Iterable[Contribution]) -> None:
    """Write contributions."""
    for item in items:
        view.save(keys.contribution(item.round_id, item.sender), item)


def emit(ctx: Context, record: Round, what: str, account: bytes = b"", **details: str | int) -> None:
    """Record an event about a round."""
    indexed = {"id": str(record.id), "what": what}
    if account:
        indexed["account"] = encode_address(account)
    ctx.emit("round", indexed, **details)


def set_status(ctx: Context, record: Round, status: RoundStatus) -> None:
    """Change a round's status in `record` and tell the world."""
    record.status = status
    word = RoundStatus.Name(status).removeprefix("ROUND_STATUS_").lower()
    emit(ctx, record, "phase", status=word, deadline=record.deadline, outcome=record.outcome)


def set_deadline(ctx: Context, record: Round, height: int) -> None:
    """End the present phase at `height` instead of whenever it would have ended; 0 for never."""
    if record.deadline:
        schedule.remove(ctx.view, record.deadline, keys.DEADLINE_ROUND, record.id)
    record.deadline = height
    if height:
        schedule.put(ctx.view, height, keys.DEADLINE_ROUND, record.id)
