"""Slashes that are under way: they ask more entries than one block may hold up."""

from __future__ import annotations

from assay.proto.staking_pb2 import SlashQueue
from assay.state.overlay import Overlay
from assay.state.rules import keys


def load(view: Overlay) -> SlashQueue:
    """Return the queue; without a slash that is under way it is empty."""
    return view.load(SlashQueue, keys.SLASH_QUEUE) or SlashQueue()


def save(view: Overlay, queue: SlashQueue) -> None:
    """Write the queue; one that says nothing is forgotten."""
    if queue.slashes or queue.asked:
        view.save(keys.SLASH_QUEUE, queue)
    else:
        view.delete(keys.SLASH_QUEUE)


def holds(view: Overlay, operator: bytes) -> bool:
    """Tell whether a slash of a validator is under way."""
    return any(item.slash.validator == operator for item in load(view).slashes)
