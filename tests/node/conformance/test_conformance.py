"""Whatever way the specification allows through a chain, every answer and app hash is the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.node.conformance.run import check_paths


async def test_every_path_gives_the_same_answers(tmp_path: Path) -> None:
    await check_paths(tmp_path, 1, 12)


@pytest.mark.long
async def test_many_paths_give_the_same_answers(tmp_path: Path, seed: int) -> None:
    await check_paths(tmp_path, seed, 200)
