"""Random operations of every kind: all invariants hold after each block, and all machines agree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from tests.state.conftest import CHAIN_ID
from tests.state.simulation.chain import SimulatedChain, Tally
from tests.state.simulation.operations import KINDS, People
from tests.state.simulation.run import COMMITTEE_KEYS, go_on, simulated

from assay.state import export
from assay.state.rules import keys
from assay.state.rules.errors import BeingSlashed
from assay.state.staking import newest_set

ROOT = Path(__file__).resolve().parents[3]
SEEDS = 20


def run(seed: int, blocks: int, operations: int) -> Tally:
    with simulated(seed) as chain:
        go_on(chain, People(Random(seed + 2)), blocks, operations)
        return chain.tally


def test_invariants_hold_whatever_people_do() -> None:
    tally = Tally()
    for seed in range(2):
        tally.add(run(seed, 50, 30))
    assert sum(tally.accepted.values()) > 500
    assert sum(tally.refused.values()) > 500


@pytest.mark.long
@pytest.mark.timeout(900)
def test_invariants_hold_over_many_seeds_and_everything_happens(seed: int) -> None:
    tally = Tally()
    for number in range(SEEDS):
        tally.add(run(seed + number, 200, 100))
    for kind in KINDS:
        assert tally.accepted[kind] or kind == "report_release", f"{kind} was never accepted"
        assert any(refused == kind for refused, _, _ in tally.refused), f"{kind} was never refused"
    under_way = (BeingSlashed.codespace, BeingSlashed.code)
    assert under_way in {refused[1:] for refused in tally.refused}, "no slash took more than a block"
    for event in ("slash", "jail", "unjail", "round", "fault", "burn"):
        assert tally.events[event], f"there was no {event}"


def hashes(seed: int, hash_seed: str) -> str:
    """What a process of its own prints, under another order of hashes."""
    command = [sys.executable, "-m", "tests.state.simulation.run", "--seed", str(seed)]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [*command, "--blocks", "25", "--operations", "25"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_app_hashes_do_not_depend_on_the_process() -> None:
    first = hashes(3, "1")
    assert first.count("\n") >= 25
    assert first == hashes(3, "2")


def records(chain: SimulatedChain) -> dict[bytes, bytes]:
    """All records but the validator sets, of which an imported chain begins with the newest."""
    return {key: value for key, value in chain.view().iterate(b"") if key != keys.VALIDATOR_SETS}


@pytest.mark.parametrize("seed", [4, 5])
def test_a_chain_that_was_exported_and_imported_goes_on_as_if_it_had_not_been(seed: int) -> None:
    with simulated(seed) as chain:
        go_on(chain, People(Random(seed + 2)), 40, 30)
        ended, height = export.wind_up(chain.store, CHAIN_ID, chain.height), chain.height
        state = json.dumps(export.app_state(ended)).encode()
        with simulated(seed, state, height) as imported:
            stayed = SimulatedChain(
                chain.store, Random(seed + 1), ended, height, newest_set(ended), COMMITTEE_KEYS
            )
            assert records(imported) == records(stayed)
            for continued in (stayed, imported):
                go_on(continued, People(Random(seed + 3)), 20, 30)
            assert records(imported) == records(stayed)
            assert len(imported.roots) == 20
