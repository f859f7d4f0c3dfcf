"""What a block tells of consensus keys: evidence against them, and whose votes are missing."""

from __future__ import annotations

from collections.abc import Iterable

from assay.state.context import Context, Misbehavior, Vote
from assay.state.slashing import downtime, evidence


def begin_block(ctx: Context, votes: Iterable[Vote], misbehavior: Iterable[Misbehavior]) -> None:
    """Judge the evidence in a block, and count the votes of the last commit."""
    for item in misbehavior:
        evidence.judge(ctx, item)
    for vote in votes:
        downtime.count(ctx, vote)
