"""What a round does now, and until when, in words."""

from __future__ import annotations

from typing import Final

from assay.client.amounts import format_amount
from assay.client.explain import round_word
from assay.client.timing import BlockClock
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Contribution, Round

_DOING: Final[dict[int, str]] = {
    pb.ROUND_STATUS_PENDING: "its reference is checked",
    pb.ROUND_STATUS_OPEN: "it takes commitments",
    pb.ROUND_STATUS_REVEAL: "it takes reveals",
    pb.ROUND_STATUS_SCORING: "it is scored",
}


def doing(record: Round) -> str:
    """Return what happens in a round now: ``it takes commitments``; its status if it has ended."""
    return _DOING.get(record.status, f"it is {round_word(record)}")


def doing_until(record: Round, clock: BlockClock) -> str:
    """Return what happens in a round now, and the height at which that ends at the latest."""
    if record.status not in _DOING:
        return doing(record)
    return f"{doing(record)} until {clock.describe(record.deadline)} at the latest"


def ending(record: Round, item: Contribution) -> str:
    """Return how a round ended and what one contributor got: two facts that may differ."""
    outcome = record.outcome or round_word(record)
    return f"round {record.id} ended ({outcome}); earned {format_amount(item.amount)}"
