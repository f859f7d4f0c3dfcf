"""What must hold after every block. Tests check it each block, `assayd verify` on a live store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from assay.state.invariants import distribution, marketplace, scheduled, slashing, staking
from assay.state.invariants.base import InvariantBroken
from assay.state.invariants.beside import check_bulk
from assay.state.overlay import Overlay, Reader

__all__ = ["CHECKS", "InvariantBroken", "check_all", "check_bulk"]

CHECKS: Final[tuple[Callable[[Overlay], None], ...]] = (
    marketplace.check_supply,
    marketplace.check_rounds,
    marketplace.check_keys,
    marketplace.check_openings,
    marketplace.check_queue,
    marketplace.check_decided,
    marketplace.check_faults,
    staking.check_pools,
    staking.check_shares,
    staking.check_order,
    staking.check_set,
    staking.check_entries,
    distribution.check_held,
    distribution.check_owed,
    distribution.check_withdraw_addresses,
    slashing.check_signing,
    slashing.check_slashes,
    scheduled.check_schedule,
)
"""Each raises `InvariantBroken` at the first contradiction it finds."""


def check_all(state: Reader) -> None:
    """Check every invariant.

    Raises
    ------
    InvariantBroken
        At the first that does not hold.
    """
    view = Overlay(state)
    for check in CHECKS:
        check(view)
