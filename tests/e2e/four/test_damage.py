"""A validator that has lost the ends of its logs comes back among the others."""

from __future__ import annotations

import os

import pytest
from tests.e2e import strikes
from tests.e2e.chain import network
from tests.e2e.four.network import Network

pytestmark = pytest.mark.e2e


def test_a_validator_whose_logs_are_cut_executes_what_is_missing_again(four: Network) -> None:
    """As after a power cut; what it has signed last it no longer knows, and signs nothing else for it."""
    away = four.nodes[2]
    strikes.kill(away)
    for log in (max(away.home.store.glob("*.log")), away.home.path / "data" / "cs.wal" / "wal"):
        os.truncate(log, log.stat().st_size // 2)
    away.start()
    four.check_agreed()
    network.check_verified(away)
