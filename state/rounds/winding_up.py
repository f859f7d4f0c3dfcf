"""The end of all rounds at once, when the chain itself ends (`assay.state.export`)."""

from __future__ import annotations

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Round
from assay.state.context import Context
from assay.state.rounds import ending, records, release
from assay.state.rules import keys, outcomes


def wind_up(ctx: Context) -> None:
    """End every round: what is not paid goes back, and a sum that is being released is released no more."""
    for _, data in list(ctx.view.iterate(keys.ROUND)):
        record = Round.FromString(data)
        if record.status == pb.ROUND_STATUS_SETTLED and record.deadline:
            release.abandon(ctx, record)
        elif not record.ended:
            ending.expire(ctx, record, outcomes.CHAIN_ENDED)
        else:
            continue
        records.save(ctx.view, record)
