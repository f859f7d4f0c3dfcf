"""``app_state``: the application's part of a new chain's genesis."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

from assay.crypto.accounts import encode_address
from assay.crypto.presets import COMMITTEE_SIZES
from assay.node.consensus_params import check_consensus_params
from assay.node.founders import SPARE, Founder
from assay.node.genesis import genesis_document
from assay.node.gentx import founders_tx
from assay.proto.state_pb2 import Params, Validator
from assay.state.genesis import BadGenesis, write_genesis
from assay.state.genesis.gen_txs import to_document
from assay.state.overlay import Overlay
from assay.state.rules.params import default_params
from assay.state.transition import read_params

FAUCET_BALANCE: Final = 10**15
"""What the faucet of a development chain begins with: a thousand million ASY, in uasy."""


def chain_params(changes: Mapping[str, str], *, development: bool) -> Params:
    """Return a new chain's parameters.

    Parameters
    ----------
    changes
        Parameter to value, as texts: ``{"preset": "small", "max_window": "500"}``.
    development
        Whether the others are a development chain's.

    Raises
    ------
    BadGenesis
        If a parameter does not exist or its value is of the wrong type.
    """
    record = MessageToDict(default_params(development=development), preserving_proto_field_name=True)
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


def app_state(
    params: Params, balances: Mapping[bytes, int], gen_txs: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return the ``app_state`` of a genesis document.

    Parameters
    ----------
    params
        Chain parameters.
    balances
        Address (20 bytes) to uasy.
    gen_txs
        The transactions by which the first validators come in, as documents.
    """
    return {
        "accounts": [
            {"address": encode_address(address), "balance": str(amount)}
            for address, amount in sorted(balances.items())
        ],
        "params": MessageToDict(
            params, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        ),
        "gen_txs": list(gen_txs),
    }


def largest_committee(validators: int) -> int:
    """Return how many of so many validators can sit on a committee: 1, 4, 7 or 10."""
    return max(size for size in COMMITTEE_SIZES if size <= validators)


def development_genesis(
    chain_id: str, founders: Sequence[Founder], balances: Mapping[bytes, int], changes: Mapping[str, str]
) -> dict[str, Any]:
    """Return the genesis of a development chain, checked as the chain itself will check it.

    Parameters
    ----------
    chain_id
        The chain's name.
    founders
        The validators; the committee never shrinks below the largest that they fill.
    balances
        Address (20 bytes) to uasy; the founders' operators are funded beside them.
    changes
        Parameters that differ from a development chain's, as texts.

    Raises
    ------
    BadGenesis, ValueError
        If parts contradict one another.
    """
    least = {"min_committee": str(largest_committee(len(founders)))}
    params = chain_params({**least, **changes}, development=True)
    funded = dict(balances) | {each.operator.address: each.stake + SPARE for each in founders}
    signed = [founders_tx(each, chain_id, params.min_self_delegation) for each in founders]
    document = genesis_document(chain_id, app_state(params, funded, [to_document(raw) for raw in signed]))
    first_state(document)
    return document


def first_state(document: Mapping[str, Any]) -> tuple[Overlay, list[Validator]]:
    """Return the state that a genesis document leads to, and the validators of the first block.

    Raises
    ------
    BadGenesis
        With the sentence InitChain would give.
    """
    view, state = Overlay(_Nothing()), json.dumps(document.get("app_state")).encode()
    initial_height = initial_height_of(document)
    validators = write_genesis(view, str(document.get("chain_id")), state, initial_height)
    check_consensus_params(document, initial_height, read_params(view))
    return view, validators


def initial_height_of(document: Mapping[str, Any]) -> int:
    """Return the height of a genesis document's first block; `BadGenesis` if it is no number."""
    try:
        return int(document.get("initial_height") or 1)
    except (TypeError, ValueError):
        raise BadGenesis("initial_height must be a whole number") from None


class _Nothing:
    """A store without records."""

    def get(self, _key: bytes) -> bytes | None:
        return None

    def iterate(self, _prefix: bytes, _start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        return iter(())

    def get_bulk(self, _scope: bytes, _digest: bytes) -> bytes | None:
        return None
