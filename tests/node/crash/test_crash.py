"""Killed at any stage from a decided block to the end of its commit: nothing is lost, nothing differs."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.node.crash.child import POINTS
from tests.node.crash.run import killed_often

MANY = 104


async def test_a_kill_at_any_stage_loses_nothing(tmp_path: Path) -> None:
    assert set((await killed_often(tmp_path, len(POINTS), 1)).values()) == {1}


@pytest.mark.long
@pytest.mark.always
@pytest.mark.timeout(900)
async def test_a_hundred_kills_lose_nothing(tmp_path: Path, seed: int) -> None:
    counts = await killed_often(tmp_path, MANY, seed)
    print(dict(counts))
    assert sum(counts.values()) >= 100
