"""The state of a chain that ends here, as the genesis of one that continues it.

Rounds and committee keys do not survive: what a round holds goes back to whom
it belongs, by the rules of the chain itself. Everything else stays as it is.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.json_format import MessageToDict

from assay.proto.state_pb2 import Params
from assay.state import ceremony, rounds
from assay.state.context import Context
from assay.state.genesis.records import to_documents
from assay.state.overlay import Overlay, Reader
from assay.state.rules import keys
from assay.state.transition import read_params


def wind_up(state: Reader, chain_id: str, height: int) -> Overlay:
    """Return the state after `height` with all rounds and committee keys ended, on an overlay of its own.

    Parameters
    ----------
    state
        The state after `height`.
    chain_id
        The chain that ends.
    """
    view = Overlay(state)
    ctx = Context(chain_id, height, read_params(view), view)
    rounds.wind_up(ctx)
    ceremony.wind_up(ctx)
    return view


def app_state(view: Overlay) -> dict[str, Any]:
    """Return a state in which nothing is under way as the app_state of a genesis."""
    return {
        "params": params_document(view.require(Params, keys.PARAMS)),
        "records": to_documents(view.iterate(b"")),
    }


def params_document(params: Params) -> dict[str, Any]:
    """Return parameters as they stand in a genesis, each of them."""
    return MessageToDict(params, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
