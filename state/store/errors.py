"""What can go wrong in the store. None of it reaches consensus: it stops the node, or answers a query."""

from __future__ import annotations


class StoreError(RuntimeError):
    """The store was asked for something it cannot do, or the database refused."""


class VersionNotKept(StoreError):
    """The version asked for was never committed, or is no longer kept."""


class NotProvable(StoreError):
    """ICS-23 has no form for this statement: absence from an empty tree."""


class Corrupt(StoreError):
    """The database contradicts itself."""
