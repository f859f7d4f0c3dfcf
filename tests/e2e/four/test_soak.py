"""Four validators for a while, disturbed at random."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.four.soak import drift, soak

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.always]

MOST_SECONDS = 150.0


@pytest.mark.timeout(900)
def test_four_validators_go_on_whatever_happens(
    tmp_path: Path, pinned_cometbft: Path, seed: int, time_left: float
) -> None:
    figures = soak(tmp_path, pinned_cometbft, min(MOST_SECONDS, time_left), seed)
    print(figures)
    assert figures.rounds
    assert figures.strikes
    assert len(figures.committed) > 100
    assert drift(figures.memory) < 1.5
    assert drift(figures.files) < 1.5
    assert figures.most_memory < 2 * max(figures.memory)
