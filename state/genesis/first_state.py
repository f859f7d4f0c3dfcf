"""Writing the first records."""

from __future__ import annotations

from typing import Any

from assay.proto.state_pb2 import Params, Validator
from assay.state import ceremony, counters, ledger, staking
from assay.state.context import Context
from assay.state.genesis import gen_txs, records
from assay.state.genesis.fields import (
    BadGenesis,
    as_address,
    as_amount,
    as_list,
    as_message,
    check_fields,
    parse_app_state,
)
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.errors import AssayError
from assay.state.rules.params import BadParams, validate_params


def write_genesis(view: Overlay, chain_id: str, app_state: bytes, initial_height: int) -> list[Validator]:
    """Write the first records, and return the validators of the first block.

    Parameters
    ----------
    view
        An empty overlay over an empty store.
    app_state
        The JSON text of `app_state`; its meaning is what counts, not its bytes.
    initial_height
        Height of the first block.

    Raises
    ------
    BadGenesis
        If anything contradicts anything else.
    """
    state = parse_app_state(app_state)
    params = _params(state["params"])
    ctx = Context(chain_id, initial_height, params, view)
    view.save(keys.PARAMS, params)
    if "records" in state:
        return records.write(ctx, state["records"])
    view.save(keys.COUNTERS, counters.first())
    _write_accounts(ctx, state["accounts"])
    _write_validators(ctx, state["gen_txs"])
    return _first_set(ctx)


def _params(value: Any) -> Params:
    params = as_message(value, Params, "params")
    try:
        validate_params(params)
    except BadParams as error:
        raise BadGenesis(f"params: {error}") from None
    return params


def _write_accounts(ctx: Context, value: Any) -> None:
    seen: set[bytes] = set()
    for number, entry in enumerate(as_list(value, "accounts")):
        where = f"accounts[{number}]"
        check_fields(entry, frozenset(("address", "balance")), where)
        address = as_address(entry["address"], where)
        if address in seen or keys.is_module(address):
            raise BadGenesis(f"{where}: the address stands twice, or is one of the chain's own accounts")
        seen.add(address)
        try:
            ledger.mint(ctx, address, as_amount(entry["balance"], f"{where}.balance"))
        except AssayError as error:
            raise BadGenesis(f"{where}: {error}") from None
    if not ledger.supply(ctx.view).total:
        raise BadGenesis("the accounts hold nothing; nobody could ever pay a fee")


def _write_validators(ctx: Context, value: Any) -> None:
    for number, entry in enumerate(as_list(value, "gen_txs")):
        where = f"gen_txs[{number}]"
        gen_txs.execute(ctx, gen_txs.read(entry, ctx.chain_id, where), where)


def _first_set(ctx: Context) -> list[Validator]:
    """Bond the validators with most stake; they sign from the first block on."""
    first = staking.update_set(ctx, ctx.height)
    if not first:
        raise BadGenesis("the gen_txs create no validator with enough stake for a vote")
    reason = ceremony.blocked(ctx)
    if reason:
        raise BadGenesis(reason)
    return first
