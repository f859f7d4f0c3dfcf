"""The first state, and every way in which a genesis can contradict itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from assay.crypto.accounts import encode_address
from assay.proto.state_pb2 import Committee, Params, Validator, ValidatorSets
from assay.state import invariants, ledger
from assay.state.genesis import BadGenesis, write_genesis
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.params import default_params

VALIDATOR = Validator(address=b"v" * 20, public_key=b"p" * 32, power=10)


@pytest.fixture
def app_state(people: list[Any]) -> dict[str, Any]:
    params = MessageToDict(default_params(development=True), preserving_proto_field_name=True)
    return {
        "accounts": [{"address": person.address_text, "balance": "1000"} for person in people],
        "params": params,
        "committee": [
            {
                "validator": (b"v" * 20).hex(),
                "committee_key": (b"k" * 32).hex(),
                "operator": people[0].address_text,
            }
        ],
    }


def write(memory: Any, state: Any) -> Overlay:
    view = Overlay(memory)
    data = state if isinstance(state, bytes) else json.dumps(state).encode()
    write_genesis(view, "chain", data, [VALIDATOR], 1)
    return view


def test_genesis_writes_accounts_parameters_validators_and_seats(
    memory: Any, app_state: Any, people: Any
) -> None:
    view = write(memory, app_state)
    assert ledger.account(view, people[0].address).balance == 1000
    assert ledger.supply(view).total == 5000
    assert view.load(Params, keys.PARAMS) == default_params(development=True)
    assert [seat.validator for seat in view.load(Committee, keys.COMMITTEE).seats] == [b"v" * 20]  # type: ignore[union-attr]
    assert view.load(ValidatorSets, keys.VALIDATOR_SETS).sets[0].first_height == 1  # type: ignore[union-attr]
    invariants.check_all(view)


def test_the_meaning_counts_not_the_bytes(memory: Any, app_state: Any) -> None:
    compact = json.dumps(app_state, separators=(",", ":"), sort_keys=True).encode()
    spread = json.dumps(app_state, indent=4).replace('"1000"', "1000").encode()
    assert write(memory, compact).changes == write(memory, spread).changes


def _with(path: tuple[Any, ...], value: Any) -> Any:
    def change(state: Any) -> None:
        for step in path[:-1]:
            state = state[step]
        state[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_with(("extra",), 1), "exactly the fields"),
        (_with(("accounts",), []), "at least one account"),
        (_with(("accounts", 0, "balance"), 1.5), "whole numbers"),
        (_with(("accounts", 0, "balance"), -1), "whole number of uasy"),
        (_with(("accounts", 0, "balance"), True), "whole number of uasy"),
        (_with(("accounts", 0, "balance"), str(2**63)), "whole number of uasy"),
        (_with(("accounts", 0, "address"), "cosmos1xyz"), "not an address"),
        (_with(("accounts", 0, "address"), encode_address(b"\x00" * 20)[:-1] + "q"), "not an address"),
        (_with(("params", "gas_price"), 10**10), "gas_price is 10000000000, expected 0 to"),
        (_with(("params", "unknown"), 1), "unknown field"),
        (_with(("params", "development"), False), "development chains"),
        (_with(("committee",), []), "committee has 0 seats, min_committee is 1"),
        (_with(("committee", 0, "committee_key"), "zz"), "32 bytes in hexadecimal"),
    ],
)
def test_a_contradiction_is_refused_with_a_sentence(
    memory: Any, app_state: Any, change: Any, sentence: str
) -> None:
    change(app_state)
    with pytest.raises(BadGenesis, match=sentence):
        write(memory, app_state)


def test_only_a_development_chain_has_a_seat_whose_validator_has_no_vote(memory: Any, app_state: Any) -> None:
    seats = app_state["committee"]
    for number in range(3):
        seats.append(seats[0] | {"validator": bytes([number] * 20).hex()})
    app_state["params"]["min_committee"] = 4
    assert len(write(memory, app_state).require(Committee, keys.COMMITTEE).seats) == 4
    app_state["params"] |= {"development": False, "min_contributors": 3, "unbonding_period": "400000"}
    with pytest.raises(BadGenesis, match="not in the genesis validators"):
        write(memory, app_state)


def test_a_seat_that_stands_twice_is_refused(memory: Any, app_state: Any) -> None:
    app_state["committee"].append(app_state["committee"][0])
    with pytest.raises(BadGenesis, match="the validator stands twice"):
        write(memory, app_state)


def test_an_account_that_stands_twice_is_refused(memory: Any, app_state: Any) -> None:
    app_state["accounts"].append(app_state["accounts"][0])
    with pytest.raises(BadGenesis, match="stands twice"):
        write(memory, app_state)


def test_a_chain_without_a_token_is_refused(memory: Any, app_state: Any) -> None:
    for entry in app_state["accounts"]:
        entry["balance"] = "0"
    with pytest.raises(BadGenesis, match="hold nothing"):
        write(memory, app_state)


def test_an_operator_that_is_an_escrow_is_refused(memory: Any, app_state: Any) -> None:
    app_state["committee"][0]["operator"] = encode_address(keys.escrow(1))
    with pytest.raises(BadGenesis, match="cannot be paid"):
        write(memory, app_state)


def test_a_supply_beyond_the_bound_is_refused(memory: Any, app_state: Any) -> None:
    app_state["accounts"][0]["balance"] = str(ledger.MAX_SUPPLY)
    with pytest.raises(BadGenesis, match="supply"):
        write(memory, app_state)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b"\xff", b'{"accounts":[],"accounts":[]}', b"[" * 100_000, b"9" * 5000]
)
def test_what_is_no_object_is_refused(memory: Any, data: bytes) -> None:
    with pytest.raises(BadGenesis):
        write(memory, data)
