"""Every alert is set off by what it is for and by nothing else, in Prometheus's own engine."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.monitoring import alerts, promcheck, rules_file

HOURS_6 = 21_600
STEP = 60
NODES = ("n0", "n1", "n2", "n3")

Value = float | Callable[[int], float]
Key = tuple[str, tuple[tuple[str, str], ...]]


def key(name: str, **labels: str) -> Key:
    return name, tuple(sorted(labels.items()))


# What a node that is well tells: numbers, or functions of the seconds since six hours ago.
WELL: dict[Key, Value] = {
    key("up", job="assay"): 1,
    key("process_start_time_seconds", job="assay"): 5,
    key("process_open_fds", job="assay"): 200,
    key("process_max_fds", job="assay"): 65_536,
    key("process_resident_memory_bytes", job="assay"): 3e8,
    key("assay_height"): lambda t: 5000 + t,
    key("assay_height_age_seconds"): 0.5,
    key("assay_catching_up"): 0,
    key("assay_peers"): 3,
    key("assay_validator_power"): 10,
    key("assay_validator_faults"): 1,
    key("assay_validator_jailed"): 0,
    key("assay_validator_missed_votes"): 3,
    key("assay_validator_missed_votes_limit"): 500,
    key("assay_committee_shares_missed_total"): 2,
    key("assay_committee_keys", state="ready"): 2,
    key("assay_committee_keys", state="failed"): 1,
    key("assay_rounds", state="expired"): 1,
    key("assay_workers", state="running"): 2,
    key("assay_workers", state="wanted"): 2,
    key("assay_worker_restarts_total"): 4,
    key("assay_abci_seconds_bucket", method="finalize_block", le="0.5"): lambda t: t,
    key("assay_abci_seconds_bucket", method="finalize_block", le="5"): lambda t: t,
    key("assay_abci_seconds_bucket", method="finalize_block", le="+Inf"): lambda t: t,
    key("assay_mempool_bytes"): 1e6,
    key("assay_mempool_transactions"): 1000,
    key("assay_mempool_checked_total"): lambda t: 100 * t,
    key("assay_mempool_refused_total", codespace="auth", code="4"): lambda t: t,
    key("assay_disk_free_bytes"): lambda t: 3e11 - 1e4 * t,
    key("assay_snapshots_failed_total", reason="error"): 1,
    key("assay_snapshots_failed_total", reason="late"): 2,
    key("assay_state_versions_behind"): 1,
    key("cometbft_consensus_byzantine_validators", job="cometbft"): 0,
    key("cometbft_consensus_missing_validators_power", job="cometbft"): 10,
    key("cometbft_consensus_validators_power", job="cometbft"): 100,
}


@dataclass(frozen=True)
class Case:
    """What is wrong, on the first node or on all, and what it sets off."""

    changes: dict[Key, Value]
    alerts: frozenset[str]
    everywhere: bool = False


def late(before: float, after: float, at: int = HOURS_6 - 600) -> Callable[[int], float]:
    """A value that changes ten minutes before the end."""
    return lambda t: after if t >= at else before


def wrong(alert: str, changes: dict[Key, Value], *others: str, everywhere: bool = False) -> Case:
    return Case(changes, frozenset((alert, *others)), everywhere)


SLOW = "assay_abci_seconds_bucket"
CASES = (
    wrong("AssayDown", {key("up", job="assay"): late(1, 0)}),
    wrong("AssayStandsStill", {key("assay_height_age_seconds"): late(0.5, 100)}),
    wrong("AssayBehind", {key("assay_height"): lambda t: 4950 + t}),
    wrong("AssayCatchingUp", {key("assay_catching_up"): late(0, 1)}),
    wrong("AssayNoPeers", {key("assay_peers"): late(3, 0)}),
    wrong("AssayRestarts", {key("process_start_time_seconds", job="assay"): lambda t: t // 600}),
    wrong(
        "AssayPowerMissing",
        {key("cometbft_consensus_missing_validators_power", job="cometbft"): 25},
        everywhere=True,
    ),
    wrong("AssayByzantine", {key("cometbft_consensus_byzantine_validators", job="cometbft"): late(0, 1)}),
    wrong("AssayNotValidating", {key("assay_validator_power"): late(10, 0)}),
    wrong("AssayJailed", {key("assay_validator_jailed"): late(0, 1)}),
    wrong("AssayMissesVotes", {key("assay_validator_missed_votes"): late(3, 251)}),
    wrong("AssayFault", {key("assay_validator_faults"): late(1, 2)}),
    wrong("AssaySharesMissed", {key("assay_committee_shares_missed_total"): late(2, 3)}),
    wrong("AssayNoReadyKey", {key("assay_committee_keys", state="ready"): late(2, 0)}),
    wrong("AssayKeysFail", {key("assay_committee_keys", state="failed"): late(1, 2)}),
    wrong("AssayRoundsExpire", {key("assay_rounds", state="expired"): late(1, 2)}),
    wrong("AssayWorkersMissing", {key("assay_workers", state="running"): late(2, 1)}),
    wrong("AssayWorkersDie", {key("assay_worker_restarts_total"): late(4, 8)}),
    wrong("AssayBlocksSlow", {key(SLOW, method="finalize_block", le="0.5"): lambda t: 0.9 * t}),
    wrong("AssayMempoolFull", {key("assay_mempool_bytes"): late(1e6, 6e7)}),
    wrong("AssayMempoolFull", {key("assay_mempool_transactions"): late(1000, 45_000)}),
    wrong(
        "AssayMempoolRefuses",
        {key("assay_mempool_refused_total", codespace="auth", code="4"): lambda t: 80 * t},
    ),
    wrong("AssayDiskFull", {key("assay_disk_free_bytes"): 4e9}),
    wrong("AssayDiskFills", {key("assay_disk_free_bytes"): lambda t: 5e10 - 1e6 * t}),
    wrong("AssaySnapshotsFail", {key("assay_snapshots_failed_total", reason="late"): late(2, 3)}),
    wrong("AssayVersionsPile", {key("assay_state_versions_behind"): late(1, 2000)}),
    wrong("AssayFewFiles", {key("process_open_fds", job="assay"): late(200, 60_000)}),
    wrong("AssayMemory", {key("process_resident_memory_bytes", job="assay"): late(3e8, 5e9)}),
)


def told_by(node: str, told: dict[Key, Value]) -> list[dict[str, Any]]:
    """The series that Prometheus has of one node."""
    return [
        {
            "labels": {"__name__": name, "instance": node, "chain": "c", **dict(labels)},
            "points": [(t, value(t) if callable(value) else value) for t in range(0, HOURS_6 + STEP, STEP)],
        }
        for (name, labels), value in told.items()
    ]


def fired(repository: Path, nodes: dict[str, dict[Key, Value]]) -> set[str]:
    """The alerts that a network sets off; of each node there is what is not well."""
    series = [each for node, changes in nodes.items() for each in told_by(node, WELL | changes)]
    scene = json.dumps({"at": HOURS_6, "series": series})
    return set(json.loads(promcheck(repository, "fire", rules_file(repository), given=scene)))


def test_a_network_that_is_well_sets_nothing_off(repository: Path) -> None:
    assert fired(repository, {node: {} for node in NODES}) == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(sorted(case.alerts)))
def test_an_alert_is_set_off_by_what_it_is_for(repository: Path, case: Case) -> None:
    network = {node: case.changes if case.everywhere or node == NODES[0] else {} for node in NODES}
    assert fired(repository, network) == case.alerts


def test_every_alert_has_a_case(repository: Path) -> None:
    assert {rule["alert"] for rule in alerts(repository)} == {name for case in CASES for name in case.alerts}


def test_a_node_that_is_alone_needs_no_peers(repository: Path) -> None:
    assert fired(repository, {"n0": {key("assay_peers"): 0}}) == set()
