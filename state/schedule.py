"""What is due at which height, as records of the state."""

from __future__ import annotations

from assay.state.overlay import Overlay
from assay.state.rules import keys


def put(view: Overlay, height: int, kind: bytes, ident: int) -> None:
    """Enter something into the schedule; `kind` is one of the DEADLINE_ bytes."""
    view.mark(keys.deadline(height, kind, ident))


def remove(view: Overlay, height: int, kind: bytes, ident: int) -> None:
    """Take something out of the schedule again."""
    view.delete(keys.deadline(height, kind, ident))


def due(view: Overlay, height: int, kind: bytes) -> list[int]:
    """Return the ids of what is due at a height, in ascending order."""
    return [keys.parse_deadline(key)[2] for key, _ in view.iterate(keys.deadlines(height) + kind)]


def take_due(view: Overlay, height: int, kind: bytes) -> list[int]:
    """Take what is due at a height out of the schedule; return the ids in ascending order."""
    found = due(view, height, kind)
    for ident in found:
        remove(view, height, kind, ident)
    return found
