"""Blocks are kept as long as somebody may need them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from assay.node.retention import Retention, evidence_blocks, oldest_on
from assay.proto.state_pb2 import Params


def lowest(
    height: int, blocks: int, evidence: int = 1, unbonding: int = 1, snapshot: int | None = None
) -> int:
    retention = Retention(blocks, evidence, lambda: snapshot)
    return retention.lowest(height, Params(unbonding_period=unbonding))


def test_all_blocks_are_kept_unless_asked_otherwise() -> None:
    assert lowest(10**9, 0) == 0


def test_as_many_as_asked_for_are_kept() -> None:
    assert lowest(1000, 100) == 901
    assert (lowest(99, 100), lowest(100, 100), lowest(101, 100)) == (0, 1, 2)


@pytest.mark.parametrize(("evidence", "unbonding"), [(300, 1), (1, 300), (300, 200)])
def test_more_are_kept_for_evidence_and_for_stake_that_can_still_be_slashed(
    evidence: int, unbonding: int
) -> None:
    assert lowest(1000, 100, evidence, unbonding) == 701
    assert lowest(1000, 500, evidence, unbonding) == 501


def test_all_since_the_oldest_snapshot_are_kept() -> None:
    assert lowest(1000, 100, snapshot=850) == 850
    assert lowest(1000, 100, snapshot=950) == 901
    assert lowest(1000, 100, snapshot=0) == 0


@pytest.mark.parametrize(("interval", "heights", "expected"), [(0, [5], None), (5, [], 0), (5, [10, 5], 5)])
def test_the_oldest_snapshot_is_the_one_that_counts(
    interval: int, heights: list[int], expected: int | None
) -> None:
    shelf: Any = SimpleNamespace(manifests=lambda: [SimpleNamespace(height=height) for height in heights])
    assert oldest_on(shelf, interval)() == expected


@pytest.mark.parametrize(
    ("genesis", "expected"),
    [
        ({"consensus_params": {"evidence": {"max_age_num_blocks": "77"}}}, 77),
        ({"consensus_params": {"evidence": {"max_age_num_blocks": 77}}}, 77),
        ({"consensus_params": {}}, 100_000),
        ({"consensus_params": None}, 100_000),
        ({}, 100_000),
    ],
)
def test_the_age_of_evidence_is_that_of_genesis(genesis: dict[str, Any], expected: int) -> None:
    assert evidence_blocks(genesis) == expected
