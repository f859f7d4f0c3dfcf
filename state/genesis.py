"""The chain's first state, from the parsed `app_state` of the genesis file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from google.protobuf.json_format import ParseDict, ParseError

from assay.crypto.accounts import AddressError, decode_address
from assay.proto.state_pb2 import (
    Committee,
    CommitteeSeat,
    Params,
    Validator,
    ValidatorSet,
    ValidatorSets,
)
from assay.state import counters, ledger
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.errors import AssayError
from assay.state.rules.params import BadParams, validate_params

MAX_GENESIS_BYTES: Final = 256 << 20


class BadGenesis(ValueError):
    """The genesis contradicts itself; the sentence says where and what was expected."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadGenesis("an object of the genesis names a field twice")
    return found


def _no_float(text: str) -> Any:
    raise BadGenesis(f"the genesis holds {text}; amounts are whole numbers of uasy")


def parse_app_state(data: bytes) -> dict[str, Any]:
    """Parse `app_state` strictly: no floats, no field twice, no field unknown.

    Raises
    ------
    BadGenesis
        With a sentence.
    """
    if len(data) > MAX_GENESIS_BYTES:
        raise BadGenesis(f"app_state has {len(data)} bytes, at most {MAX_GENESIS_BYTES} are read")
    try:
        value = json.loads(data, object_pairs_hook=_unique, parse_float=_no_float, parse_constant=_no_float)
    except BadGenesis:
        raise
    except (ValueError, RecursionError):  # a ValueError is also what a number of thousands of digits gives
        raise BadGenesis("app_state is not JSON, or holds a number too long to be read") from None
    _fields(value, {"accounts", "params", "committee"}, "app_state")
    return dict(value)


def _fields(value: Any, expected: set[str], where: str) -> None:
    if not isinstance(value, dict) or set(value) != expected:
        raise BadGenesis(f"{where} must be an object with exactly the fields {', '.join(sorted(expected))}")


def _amount(value: Any, where: str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if type(value) is not int or not 0 <= value <= ledger.MAX_SUPPLY:
        raise BadGenesis(f"{where} must be a whole number of uasy from 0 to {ledger.MAX_SUPPLY}")
    return value


def _address(value: Any, where: str) -> bytes:
    try:
        return decode_address(value if isinstance(value, str) else "")
    except AddressError as error:
        raise BadGenesis(f"{where}: {error}") from None


def _hex(value: Any, size: int, where: str) -> bytes:
    try:
        data = bytes.fromhex(value)
    except (TypeError, ValueError):
        data = b""
    if len(data) != size:
        raise BadGenesis(f"{where} must be {size} bytes in hexadecimal")
    return data


def write_genesis(
    view: Overlay, chain_id: str, app_state: bytes, validators: Sequence[Validator], initial_height: int
) -> None:
    """Write the first records.

    Parameters
    ----------
    view
        An empty overlay over an empty store.
    app_state
        The JSON text of `app_state`; its meaning is what counts, not its bytes.
    validators
        The genesis validators, with addresses.

    Raises
    ------
    BadGenesis
        If anything contradicts anything else.
    """
    state = parse_app_state(app_state)
    params = _params(state["params"])
    ctx = Context(chain_id, initial_height, params, view)
    view.save(keys.PARAMS, params)
    view.save(keys.COUNTERS, counters.first())
    _write_accounts(ctx, state["accounts"])
    _write_validators(view, validators, initial_height)
    _write_committee(view, state["committee"], validators, params)


def _params(value: Any) -> Params:
    if not isinstance(value, dict):
        raise BadGenesis("params must be an object")
    try:
        params = ParseDict(value, Params())
        validate_params(params)
    except ParseError:
        raise BadGenesis("params has an unknown field or a value of the wrong type") from None
    except BadParams as error:
        raise BadGenesis(f"params: {error}") from None
    return params


def _write_accounts(ctx: Context, value: Any) -> None:
    if not isinstance(value, list) or not value:
        raise BadGenesis("accounts must be a list with at least one account")
    seen: set[bytes] = set()
    for number, entry in enumerate(value):
        where = f"accounts[{number}]"
        _fields(entry, {"address", "balance"}, where)
        address = _address(entry["address"], where)
        if address in seen or keys.is_module(address):
            raise BadGenesis(f"{where}: the address stands twice, or is one of the chain's own accounts")
        seen.add(address)
        try:
            ledger.mint(ctx, address, _amount(entry["balance"], f"{where}.balance"))
        except AssayError as error:
            raise BadGenesis(f"{where}: {error}") from None
    if not ledger.supply(ctx.view).total:
        raise BadGenesis("the accounts hold nothing; nobody could ever pay a fee")


def _write_validators(view: Overlay, validators: Sequence[Validator], initial_height: int) -> None:
    if not validators:
        raise BadGenesis("the genesis names no validator")
    if any(len(validator.public_key) != 32 for validator in validators):
        raise BadGenesis("a validator's consensus key must be Ed25519")
    ordered = sorted(validators, key=lambda validator: validator.address)
    first = ValidatorSet(first_height=initial_height, validators=ordered)
    view.save(keys.VALIDATOR_SETS, ValidatorSets(sets=[first]))


def _write_committee(view: Overlay, value: Any, validators: Sequence[Validator], params: Params) -> None:
    if not isinstance(value, list):
        raise BadGenesis("committee must be a list")
    known = {validator.address for validator in validators}
    seats: dict[bytes, CommitteeSeat] = {}
    for number, entry in enumerate(value):
        where = f"committee[{number}]"
        _fields(entry, {"validator", "committee_key", "operator"}, where)
        validator = _hex(entry["validator"], keys.ADDRESS_BYTES, f"{where}.validator")
        if validator in seats:
            raise BadGenesis(f"{where}: the validator stands twice")
        # A development chain may have members without a vote, as those are that have left the validators.
        if validator not in known and not params.development:
            raise BadGenesis(f"{where}: the validator is not in the genesis validators")
        operator = _address(entry["operator"], f"{where}.operator")
        if keys.is_module(operator):
            raise BadGenesis(f"{where}.operator: an account of the chain itself cannot be paid")
        seats[validator] = CommitteeSeat(
            validator=validator,
            committee_key=_hex(entry["committee_key"], 32, f"{where}.committee_key"),
            operator=operator,
        )
    if len(seats) < params.min_committee:
        raise BadGenesis(f"committee has {len(seats)} seats, min_committee is {params.min_committee}")
    view.save(keys.COMMITTEE, Committee(seats=[seats[address] for address in sorted(seats)]))
