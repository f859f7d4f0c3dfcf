"""What became of this member's shares, counted for the operator."""

from __future__ import annotations

from collections.abc import Collection, Iterable


class ShareTally:
    """Counts shares that were sent, and openings that went without ours.

    Attributes
    ----------
    in_votes, in_messages
        Shares put into votes and committee messages, those that were sent again included.
    missed
        Openings that this node saw waiting for its share and that ended before it had sent one.
    """

    def __init__(self) -> None:
        self.in_votes = self.in_messages = self.missed = 0
        self._waiting: set[int] = set()
        self._given: set[int] = set()

    def voted(self, openings: Collection[int]) -> None:
        """Note the openings whose shares a vote carries."""
        self.in_votes += len(openings)
        self._given.update(openings)

    def messaged(self, openings: Collection[int]) -> None:
        """Note the openings whose shares a committee message carries."""
        self.in_messages += len(openings)
        self._given.update(openings)

    def follow(self, waiting: Iterable[int]) -> None:
        """Compare what waits for this member's share now with what waited before."""
        now = set(waiting)
        ended = self._waiting - now
        self.missed += len(ended - self._given)
        self._waiting = now
        # A vote may have answered a newer state than the one looked at here: what is newer is kept.
        newest = max(now, default=0)
        self._given = {opening for opening in self._given if opening in now or opening > newest}
