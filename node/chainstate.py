"""``app_state``: the application's part of a new chain's genesis."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

from assay.crypto.accounts import encode_address
from assay.crypto.presets import COMMITTEE_SIZES
from assay.node.genesis import GenesisValidator, genesis_document
from assay.proto.state_pb2 import Params, Validator
from assay.state.genesis import BadGenesis, write_genesis
from assay.state.overlay import Overlay
from assay.state.rules.params import default_params

FAUCET_BALANCE: Final = 10**15
"""What the faucet of a development chain begins with: a thousand million ASY, in uasy."""


@dataclass(frozen=True)
class Seat:
    """A validator that may sit on the committee from the first block on.

    Attributes
    ----------
    validator
        Its entry among the validators.
    committee_key
        Ed25519 key that signs its committee messages, 32 bytes.
    operator
        Account that is paid for its work, 20 bytes.
    """

    validator: GenesisValidator
    committee_key: bytes
    operator: bytes


def development_params(changes: Mapping[str, str]) -> Params:
    """Return a development chain's parameters.

    Parameters
    ----------
    changes
        Parameter to value, as texts: ``{"preset": "small", "max_window": "500"}``.

    Raises
    ------
    BadGenesis
        If a parameter does not exist or its value is of the wrong type.
    """
    record = MessageToDict(default_params(development=True), preserving_proto_field_name=True)
    known = Params.DESCRIPTOR.fields_by_name
    for name, text in changes.items():
        if name not in known:
            raise BadGenesis(f"there is no parameter {name!r}; there are {', '.join(sorted(known))}")
        record[name] = _value(name, text)
        try:
            ParseDict(record, Params())
        except ParseError:
            raise BadGenesis(f"parameter {name} cannot be {text!r}") from None
    return ParseDict(record, Params())


def _value(name: str, text: str) -> str | bool:
    """Return a parameter's value as protobuf's JSON has it."""
    if name == "preset":
        return f"PRESET_{text.upper().removeprefix('PRESET_')}"
    return {"true": True, "false": False}.get(text, text)


def app_state(params: Params, balances: Mapping[bytes, int], seats: Sequence[Seat]) -> dict[str, Any]:
    """Return the ``app_state`` of a genesis document.

    Parameters
    ----------
    params
        Chain parameters.
    balances
        Address (20 bytes) to uasy.
    seats
        The committee's candidates.
    """
    return {
        "accounts": [
            {"address": encode_address(address), "balance": str(amount)}
            for address, amount in sorted(balances.items())
        ],
        "params": MessageToDict(
            params, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        ),
        "committee": [
            {
                "validator": seat.validator.address.hex(),
                "committee_key": seat.committee_key.hex(),
                "operator": encode_address(seat.operator),
            }
            for seat in seats
        ],
    }


def largest_committee(validators: int) -> int:
    """Return how many of so many validators can sit on a committee: 1, 4, 7 or 10."""
    return max(size for size in COMMITTEE_SIZES if size <= validators)


def development_genesis(
    chain_id: str, seats: Sequence[Seat], balances: Mapping[bytes, int], changes: Mapping[str, str]
) -> dict[str, Any]:
    """Return the genesis of a development chain, checked as the chain itself will check it.

    Parameters
    ----------
    chain_id
        The chain's name.
    seats
        The validators, each with a seat; the committee never shrinks below the largest that they fill.
    balances
        Address (20 bytes) to uasy.
    changes
        Parameters that differ from a development chain's, as texts.

    Raises
    ------
    BadGenesis, ValueError
        If parts contradict one another.
    """
    least = {"min_committee": str(largest_committee(len(seats)))}
    state = app_state(development_params({**least, **changes}), balances, seats)
    validators = [seat.validator for seat in seats]
    check(chain_id, state, validators)
    return genesis_document(chain_id, validators, state)


def check(chain_id: str, state: Mapping[str, Any], validators: Sequence[GenesisValidator]) -> None:
    """Refuse a state that the chain would refuse at its first block.

    Raises
    ------
    BadGenesis
        With the sentence InitChain would give.
    """
    known = [
        Validator(address=each.address, public_key=each.public_key, power=each.power) for each in validators
    ]
    write_genesis(Overlay(_Nothing()), chain_id, json.dumps(state).encode(), known, 1)


class _Nothing:
    """A store without records."""

    def get(self, _key: bytes) -> bytes | None:
        return None

    def iterate(self, _prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        return iter(())

    def get_bulk(self, _scope: bytes, _digest: bytes) -> bytes | None:
        return None
