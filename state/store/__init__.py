"""The authenticated store: docs/state.md describes the tree, the database and why they are as they are."""

from __future__ import annotations

from assay.state.store.builder import Builder
from assay.state.store.errors import Corrupt, NotProvable, StoreError, VersionNotKept
from assay.state.store.frozen import Frozen
from assay.state.store.leveldb import DEFAULT_RETAIN, Prepared, Store
from assay.state.store.verify import Summary

__all__ = [
    "DEFAULT_RETAIN",
    "Builder",
    "Corrupt",
    "Frozen",
    "NotProvable",
    "Prepared",
    "Store",
    "StoreError",
    "Summary",
    "VersionNotKept",
]
