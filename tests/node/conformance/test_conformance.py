"""Whatever way the specification allows through a chain, every answer and app hash is the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from tests import founding
from tests.node.conformance.course import first_run
from tests.node.conformance.paths import Walk

CALLS = {
    "apply_snapshot_chunk",
    "check_tx",
    "commit",
    "extend_vote",
    "finalize_block",
    "info",
    "init_chain",
    "list_snapshots",
    "load_snapshot_chunk",
    "offer_snapshot",
    "prepare_proposal",
    "process_proposal",
    "query",
    "stop",
    "verify_vote_extension",
}


async def walks(directory: Path, seed: int, count: int) -> Counter[str]:
    """Go so many ways, each from an empty directory; return how often each call was made."""
    course = await first_run(directory / "first", founding.founder(0).operator.address, seed)
    calls: Counter[str] = Counter()
    for number in range(count):
        walk = Walk(course, directory / str(number), Random(f"{seed}/{number}"))
        await walk.walk()
        calls += walk.calls
    return calls


async def test_every_path_gives_the_same_answers(tmp_path: Path) -> None:
    assert set(await walks(tmp_path, 1, 12)) == CALLS


@pytest.mark.long
async def test_many_paths_give_the_same_answers(tmp_path: Path, seed: int) -> None:
    calls = await walks(tmp_path, seed, 200)
    print(dict(sorted(calls.items())))
    assert set(calls) == CALLS
