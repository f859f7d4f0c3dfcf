"""Rounds whose phase ends at this height because nobody ended it before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Round, RoundStatus
from assay.state import schedule
from assay.state.context import Context
from assay.state.rounds import lifecycle, records, release, scoring
from assay.state.rules import keys

_AT_DEADLINE: Final[dict[RoundStatus, Callable[[Context, Round], None]]] = {
    pb.ROUND_STATUS_PENDING: scoring.end_window,
    pb.ROUND_STATUS_OPEN: lifecycle.end_commits,
    pb.ROUND_STATUS_REVEAL: lifecycle.end_reveals,
    pb.ROUND_STATUS_SCORING: scoring.end_window,
    pb.ROUND_STATUS_SETTLED: release.lapse,
}


MOST: Final = 50
"""Rounds in one block: many may have been given windows that end at one height. The others follow."""


def end_block(ctx: Context) -> None:
    """Do what is due at this height, or was before, round by round."""
    for round_id in schedule.take_some(ctx.view, ctx.height, keys.DEADLINE_ROUND, MOST):
        record = ctx.view.require(Round, keys.round_(round_id))
        record.deadline = 0
        _AT_DEADLINE[record.status](ctx, record)
        records.save(ctx.view, record)
