"""Following this member's shares until the chain has them: which of them no vote brings in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from assay.state import openings
from assay.state.openings import AwaitedShare
from assay.state.overlay import Overlay

PATIENCE_BLOCKS: Final = 3
"""Blocks after which a member without a vote sends its shares as messages."""
LATE_BLOCKS: Final = 4
"""Blocks after the first vote that carried a share. By then a second has; if neither is in the chain, votes
come too late for the commits: where power is unequal blocks need not wait for them."""


class Delivery:
    """The shares that this member owes: of openings that wait, and of those that others have decided.

    A member is paid for what it delivers, also after the decision.
    """

    def __init__(self) -> None:
        self._owed: dict[int, AwaitedShare] = {}
        self._seen: dict[int, int] = {}  # opening to the height at which it was first seen waiting
        self._carried: dict[int, int] = {}  # opening to the height at which a vote first carried its share

    def voted(self, answered: Iterable[int], height: int) -> None:
        """Note the openings whose shares the vote for a height carries."""
        self._carried = dict.fromkeys(answered, height) | self._carried

    def follow(self, view: Overlay, awaited: Iterable[AwaitedShare], height: int) -> None:
        """Look at the state after a height, and what it awaits: forget what has arrived or is not asked."""
        known = self._owed | {item.opening: item for item in awaited}
        self._owed = {
            opening: known[opening] for opening in sorted(known) if openings.is_owed(view, known[opening])
        }
        self._seen = {opening: self._seen.get(opening, height) for opening in self._owed}
        # Votes are for heights after this one; what they carry may be asked for in a state not looked at yet.
        self._carried = {
            opening: at for opening, at in self._carried.items() if opening in self._owed or at >= height
        }

    def owed(self) -> list[AwaitedShare]:
        """Return the shares that have not arrived, by opening id."""
        return list(self._owed.values())

    def late(self, height: int, *, has_vote: bool) -> list[AwaitedShare]:
        """Return those that will not come with a vote: the member has none, or its votes come too late."""
        begun, patience = (self._carried, LATE_BLOCKS) if has_vote else (self._seen, PATIENCE_BLOCKS)
        return [item for item in self.owed() if height - begun.get(item.opening, height) >= patience]
