"""The end of a chain as the beginning of another: what is wound up, and that everything else stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.state.conftest import CHAIN_ID, MemoryState
from tests.state.world import World, world

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Account, Key, Round, ValidatorSets
from assay.state import invariants, ledger
from assay.state.export import app_state, wind_up
from assay.state.genesis import BadGenesis, write_genesis
from assay.state.overlay import Overlay
from assay.state.rules import keys, outcomes
from assay.state.snapshots.needed import needed
from assay.state.transition import Block, execute

OPEN = (pb.ROUND_STATUS_PENDING, pb.ROUND_STATUS_OPEN, pb.ROUND_STATUS_REVEAL, pb.ROUND_STATUS_SCORING)
UNDER_WAY = (keys.SLOT, keys.MASK, keys.OPENING, keys.DECIDED, keys.KEY_POOL)


@pytest.fixture(scope="module")
def here() -> World:
    return world()


@pytest.fixture(scope="module")
def height(here: World) -> int:
    """The last height of the chain that ends."""
    return here.chain.height - 1


@pytest.fixture
def wound(here: World, height: int) -> Overlay:
    return wind_up(here.chain.memory, CHAIN_ID, height)


@pytest.fixture
def exported(wound: Overlay) -> dict[str, Any]:
    """The app_state as it comes out of its file."""
    return dict(json.loads(json.dumps(app_state(wound))))


def records(view: Overlay) -> dict[bytes, bytes]:
    return dict(view.iterate(b""))


def imported(state: Any, height: int) -> Overlay:
    view = Overlay(MemoryState())
    write_genesis(view, CHAIN_ID, json.dumps(state).encode(), height)
    return view


def test_nothing_is_under_way_any_more(here: World, wound: Overlay) -> None:
    assert set(OPEN) < set(here.rounds)
    invariants.check_all(wound)
    assert not list(needed(wound))
    for table in UNDER_WAY:
        assert not list(wound.iterate(table)), table
    statuses = {Key.FromString(data).status for _, data in wound.iterate(keys.KEY)}
    assert statuses == {pb.KEY_STATUS_RETIRED, pb.KEY_STATUS_FAILED}


def test_open_rounds_give_back_what_they_hold_and_the_chain_loses_nothing(
    here: World, wound: Overlay
) -> None:
    assert ledger.supply(wound) == ledger.supply(here.overlay())
    for status in OPEN:
        record = wound.require(Round, keys.round_(here.rounds[status]))
        assert (record.status, record.outcome) == (pb.ROUND_STATUS_EXPIRED, outcomes.CHAIN_ENDED)
        assert record.refunded == record.escrowed > 0
        assert wound.load(Account, keys.account(keys.escrow(record.id))) is None


def test_a_paid_round_stays_paid_and_its_committee_has_its_fee(here: World, wound: Overlay) -> None:
    ident = here.rounds[pb.ROUND_STATUS_SETTLED]
    before, after = (view.require(Round, keys.round_(ident)) for view in (here.overlay(), wound))
    assert (after.status, after.acknowledged, after.deadline) == (pb.ROUND_STATUS_SETTLED, False, 0)
    assert after.paid >= before.paid + before.scoring_fee


def test_nobody_is_named_for_the_end(here: World, wound: Overlay) -> None:
    for table in (keys.FAULT, keys.SUSPENSION, keys.SLASH):
        assert list(wound.iterate(table)) == list(here.overlay().iterate(table))


def test_only_what_was_under_way_changes(here: World, wound: Overlay) -> None:
    before, after = records(here.overlay()), records(wound)
    changed = {key[:1] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    may = {keys.ACCOUNT, keys.ROUND, keys.CONTRIBUTION, keys.KEY, keys.DEADLINE, keys.COUNTERS, *UNDER_WAY}
    assert changed <= may | {keys.REWARDS, keys.COMMUNITY_POOL}
    deadlines = {keys.parse_deadline(key) for key in after if key.startswith(keys.DEADLINE)}
    assert {kind for _, kind, _ in deadlines} == {keys.DEADLINE_UNBONDING}


def test_every_record_survives(wound: Overlay, exported: dict[str, Any], height: int) -> None:
    view = imported(exported, height + 1)
    before, after = records(wound), records(view)
    assert after.keys() == before.keys()
    assert [key for key in before if before[key] != after[key]] == [keys.VALIDATOR_SETS]
    (only,) = view.require(ValidatorSets, keys.VALIDATOR_SETS).sets
    newest = wound.require(ValidatorSets, keys.VALIDATOR_SETS).sets[-1]
    assert (only.first_height, list(only.validators)) == (height + 1, list(newest.validators))


def test_the_new_chain_goes_on_as_the_old_one_would(
    wound: Overlay, exported: dict[str, Any], height: int
) -> None:
    one, other = MemoryState(), MemoryState()
    one.records = records(wound)
    other.apply(imported(exported, height + 1))
    for number in range(height + 1, height + 70):  # stake comes out, keys are begun and given up
        for memory in (one, other):
            view = Overlay(memory)
            execute(view, CHAIN_ID, Block(number, [], [], {}))
            memory.apply(view)
            invariants.check_all(memory)
    different = [key for key in one.records.keys() | other.records.keys() if one.get(key) != other.get(key)]
    assert different in ([], [keys.VALIDATOR_SETS])


def test_parameters_may_be_changed_within_their_bounds(exported: dict[str, Any], height: int) -> None:
    exported["params"]["gas_price"] = "77"
    view = imported(exported, height + 1)
    assert view.require(pb.Params, keys.PARAMS).gas_price == 77


def _spoiled(state: dict[str, Any], path: str, **value: Any) -> None:
    found = [entry for entry in state["records"] if entry["path"].startswith(path)]
    record = next(entry for entry in found if isinstance(entry["value"], dict))
    record["value"] |= value


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda state: state["records"].append(state["records"][0]), "stands twice"),
        (lambda state: state["records"].append({"path": "/params", "value": {}}), "stands twice"),
        (lambda state: state["records"].append({"path": "/account", "value": {}}), "is a list"),
        (lambda state: state["records"].append({"path": "/nowhere", "value": {}}), "there is no path"),
        (lambda state: state["records"].append({"path": 7, "value": {}}), "there is no path"),
        (lambda state: state["records"].append({"path": "/supply"}), "exactly the fields path, value"),
        (lambda state: state["records"].append({"path": "/key-pool", "value": {"keys": ["1"]}}), "under way"),
        (lambda state: _spoiled(state, "/supply", total="1"), "the accounts hold"),
        (lambda state: _spoiled(state, "/supply", total="much"), "wrong type"),
        (lambda state: _spoiled(state, "/counters", next_round="3"), "gives an id out"),
        (lambda state: _spoiled(state, "/counters", next_unbonding="1"), "gives an id out"),
        (lambda state: _spoiled(state, "/validator/", tokens="1"), "records: "),
        (lambda state: state["params"].update(power_reduction="500"), "validator set|order"),
        (lambda state: state["params"].update(gas_price="-1"), "wrong type"),
        (lambda state: state.update(records={}), "records must be a list"),
        (lambda state: state.update(records=[]), "records: "),
        (lambda state: state.update(accounts=[]), "exactly the fields params, records"),
    ],
)
def test_records_that_contradict_one_another_are_refused(
    exported: dict[str, Any], height: int, change: Any, sentence: str
) -> None:
    change(exported)
    with pytest.raises(BadGenesis, match=sentence):
        imported(exported, height + 1)


def test_every_record_lost_is_noticed_or_is_of_no_use(exported: dict[str, Any], height: int) -> None:
    """Leaving any one record out gives a sentence, unless it stands for itself alone."""
    alone = {"model", "key", "round", "committee"}
    alone |= {"signing-info", "withdraw-address", "slash"}
    for number, entry in enumerate(exported["records"]):
        rest = [*exported["records"][:number], *exported["records"][number + 1 :]]
        if entry["path"].split("/")[1] in alone:
            continue
        try:
            imported({**exported, "records": rest}, height + 1)
        except BadGenesis:
            continue
        pytest.fail(f"{entry['path']} was not missed")
