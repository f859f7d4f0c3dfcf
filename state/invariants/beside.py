"""The bytes beside the tree."""

from __future__ import annotations

from collections.abc import Iterable

from assay.state.invariants.base import InvariantBroken
from assay.state.overlay import Reader
from assay.state.snapshots.needed import needed


def check_bulk(state: Reader, in_use: Iterable[tuple[bytes, bytes]]) -> None:
    """The bytes beside the tree are those that the records call for, so a snapshot can carry them.

    Parameters
    ----------
    state
        All records.
    in_use
        Scope and digest of all bytes beside the tree.
    """
    called_for, found = set(needed(state)), set(in_use)
    for scope, digest in sorted(called_for ^ found):
        what = "are not kept" if (scope, digest) in called_for else "are kept and no record calls for them"
        raise InvariantBroken(f"the bytes {digest.hex()} in scope {scope.hex()} {what}")
