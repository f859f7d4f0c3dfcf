"""Which blocks CometBFT is to keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from assay.node.snapshots.shelf import Shelf
from assay.proto.state_pb2 import Params

DEFAULT_EVIDENCE_BLOCKS: Final = 100_000
"""CometBFT's own, where genesis says nothing."""


@dataclass(frozen=True)
class Retention:
    """What somebody may still need old blocks for.

    Attributes
    ----------
    blocks
        How many the operator wants to keep; 0 for all.
    evidence_blocks
        Blocks for which evidence of misbehaviour is accepted.
    oldest_snapshot
        Returns the height of the oldest snapshot kept, 0 if there is none yet, None if none is taken.
    """

    blocks: int
    evidence_blocks: int
    oldest_snapshot: Callable[[], int | None]

    def lowest(self, height: int, params: Params) -> int:
        """Return the lowest block to keep after `height` was committed; 0 for all.

        Kept are as many blocks as the operator wants, as evidence may be old, and as stake takes to be
        withdrawn: so long a light client may trust a header. So are all since the oldest snapshot, for
        whoever restores it needs the blocks that follow.
        """
        if not self.blocks:
            return 0
        kept = max(self.blocks, self.evidence_blocks, params.unbonding_period)
        lowest = max(0, height - kept + 1)
        snapshot = self.oldest_snapshot()
        return lowest if snapshot is None else min(lowest, snapshot)


def oldest_on(shelf: Shelf, interval: int) -> Callable[[], int | None]:
    """Return what tells `Retention` of a shelf that is filled every so many blocks."""

    def oldest() -> int | None:
        if not interval:
            return None
        return min((manifest.height for manifest in shelf.manifests()), default=0)

    return oldest


def evidence_blocks(genesis: Mapping[str, Any]) -> int:
    """Return for how many blocks a chain accepts evidence, from its genesis document."""
    evidence = (genesis.get("consensus_params") or {}).get("evidence") or {}
    return int(evidence.get("max_age_num_blocks") or DEFAULT_EVIDENCE_BLOCKS)
