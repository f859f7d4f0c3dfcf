"""What a broken invariant raises."""

from __future__ import annotations


class InvariantBroken(RuntimeError):
    """The state contradicts itself; the sentence names the records."""
