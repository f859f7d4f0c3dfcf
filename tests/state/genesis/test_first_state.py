"""The first state, and every way in which a genesis can contradict itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests import founding
from tests.state.genesis.conftest import Write

from assay.crypto.accounts import encode_address
from assay.proto.state_pb2 import Params, Validator, ValidatorSets
from assay.state import ceremony, invariants, ledger
from assay.state.context import Context
from assay.state.genesis import BadGenesis
from assay.state.rules import keys
from assay.state.rules.params import default_params
from assay.state.validators import delegations, records

ONE, TWO = founding.founder(0), founding.founder(1, 2 * founding.STAKE)


def test_genesis_writes_accounts_parameters_and_validators(write: Write, app_state: Any, people: Any) -> None:
    view, first = write(app_state, 7)
    assert ledger.account(view, people[0].address).balance == 1000
    assert ledger.supply(view).total == 5000 + 3 * founding.STAKE
    assert view.load(Params, keys.PARAMS) == default_params(development=True)
    expected = [
        Validator(address=each.consensus_key.address, public_key=each.consensus_key.public_key, power=power)
        for each, power in ((ONE, 10), (TWO, 20))
    ]
    assert first == sorted(expected, key=lambda each: each.address)
    (only,) = view.require(ValidatorSets, keys.VALIDATOR_SETS).sets
    assert (only.first_height, list(only.validators)) == (7, first)
    for each in (ONE, TWO):
        record = records.find(view, each.operator.address)
        assert (record.tokens, record.committee_key) == (each.stake, each.committee_key.public_key)
        assert (record.description.moniker, records.is_bonded(record)) == (each.moniker, True)
        assert delegations.load(view, each.operator.address, each.operator.address) is not None
        spent = ledger.account(view, each.operator.address)
        assert (spent.sequence, spent.balance) == (1, 0)
    invariants.check_all(view)


def test_the_committee_is_made_of_the_validators(write: Write, app_state: Any) -> None:
    view, _ = write(app_state)
    ctx = Context("chain", 1, default_params(development=True), view)
    assert ceremony.blocked(ctx) == ""


def test_the_meaning_counts_not_the_bytes(write: Write, app_state: Any) -> None:
    compact = json.dumps(app_state, separators=(",", ":"), sort_keys=True).encode()
    spread = json.dumps(app_state, indent=4).replace('"1000"', "1000").encode()
    assert write(compact)[0].changes == write(spread)[0].changes


def _with(path: tuple[Any, ...], value: Any) -> Callable[[Any], None]:
    def change(state: Any) -> None:
        for step in path[:-1]:
            state = state[step]
        state[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_with(("extra",), 1), "exactly the fields accounts, gen_txs, params"),
        (_with(("accounts",), {}), "accounts must be a list"),
        (_with(("accounts",), []), "hold nothing"),
        (_with(("accounts", 0, "balance"), 1.5), "whole numbers"),
        (_with(("accounts", 0, "balance"), -1), "whole number of uasy"),
        (_with(("accounts", 0, "balance"), True), "whole number of uasy"),
        (_with(("accounts", 0, "balance"), str(2**63)), "whole number of uasy"),
        (_with(("accounts", 0, "address"), "cosmos1xyz"), "not an address"),
        (_with(("accounts", 0, "address"), encode_address(b"\x00" * 20)[:-1] + "q"), "not an address"),
        (_with(("accounts", 0, "address"), encode_address(keys.escrow(1))), "the chain's own accounts"),
        (_with(("params", "gas_price"), 10**10), "gas_price is 10000000000, expected 0 to"),
        (_with(("params", "unknown"), 1), "unknown field"),
        (_with(("params",), []), "params must be an object"),
        (_with(("params", "development"), False), "development chains"),
        (
            _with(("params", "min_committee"), 4),
            "2 validators with 1000000 uasy in the set can serve, a key takes 4",
        ),
        (_with(("params", "power_reduction"), str(10**9)), "no validator with enough stake"),
        (_with(("gen_txs",), []), "no validator with enough stake"),
        (_with(("gen_txs",), {}), "gen_txs must be a list"),
    ],
)
def test_a_contradiction_is_refused_with_a_sentence(
    write: Write, app_state: Any, change: Callable[[Any], None], sentence: str
) -> None:
    change(app_state)
    with pytest.raises(BadGenesis, match=sentence):
        write(app_state)


def test_an_account_that_stands_twice_is_refused(write: Write, app_state: Any) -> None:
    app_state["accounts"].append(app_state["accounts"][0])
    with pytest.raises(BadGenesis, match="stands twice"):
        write(app_state)


def test_a_chain_without_a_token_is_refused(write: Write, app_state: Any) -> None:
    for entry in app_state["accounts"]:
        entry["balance"] = "0"
    with pytest.raises(BadGenesis, match="hold nothing"):
        write(app_state)


def test_a_supply_beyond_the_bound_is_refused(write: Write, app_state: Any) -> None:
    app_state["accounts"][0]["balance"] = str(ledger.MAX_SUPPLY)
    with pytest.raises(BadGenesis, match="supply"):
        write(app_state)


def test_only_the_validators_with_most_stake_are_in_the_first_set(write: Write, app_state: Any) -> None:
    app_state["params"]["max_validators"] = 1
    view, (first,) = write(app_state)
    assert first.public_key == TWO.consensus_key.public_key
    assert not records.is_bonded(records.find(view, ONE.operator.address))
    invariants.check_all(view)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b"\xff", b'{"accounts":[],"accounts":[]}', b"[" * 100_000, b"9" * 5000]
)
def test_what_is_no_object_is_refused(write: Write, data: bytes) -> None:
    with pytest.raises(BadGenesis):
        write(data)
