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


def take_some(view: Overlay, height: int, kind: bytes, most: int) -> list[int]:
    """Take at most so many of what is due at a height or was before; return the ids, oldest deadlines first.

    What is not taken waits where it stands; other kinds must never be late.
    """
    found: list[int] = []
    for key, _ in view.iterate(keys.DEADLINE):
        place = keys.parse_deadline(key)
        if place[:2] > (height, kind) or len(found) == most:
            break
        if place[1] == kind:
            remove(view, *place)
            found.append(place[2])
    return found


def take_due(view: Overlay, height: int, kind: bytes) -> list[int]:
    """Take what is due at a height out of the schedule; return the ids in ascending order."""
    found = due(view, height, kind)
    for ident in found:
        remove(view, height, kind, ident)
    return found
