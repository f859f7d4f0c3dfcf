"""What can be wrong with a snapshot that somebody sent."""

from __future__ import annotations


class BadSnapshot(ValueError):
    """A snapshot is not one of the state that it is offered for."""


class BadChunk(ValueError):
    """A chunk is not the one that its snapshot names; another peer may have the right one."""
