"""A genesis that several operators put together before their chain begins."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.client.amounts import format_amount
from assay.client.rates import format_part
from assay.crypto.accounts import decode_address, encode_address
from assay.node.chainstate import first_state
from assay.proto.state_pb2 import Params
from assay.state import ledger
from assay.state.envelope import AccountTx
from assay.state.genesis import BadGenesis, gen_txs
from assay.state.genesis.fields import as_message
from assay.state.validators import records as validators

_MAX_BYTES = 1 << 16


@dataclass(frozen=True)
class GenTx:
    """A transaction of a genesis, as its operator sent it.

    Attributes
    ----------
    document
        As it stands in a genesis.
    tx
        Decoded; its signature is good.
    """

    document: dict[str, Any]
    tx: AccountTx

    @property
    def peer(self) -> str:
        """How to reach its node, ``id@host:port``; empty if it does not say."""
        return self.tx.body.memo


def with_account(document: Mapping[str, Any], address: bytes, amount: int) -> dict[str, Any]:
    """Return a genesis in which an account holds an amount; `BadGenesis` if it stands there already."""
    state = _new_chains(document)
    if any(entry.get("address") == encode_address(address) for entry in state["accounts"]):
        raise BadGenesis(f"{encode_address(address)} stands in the genesis already")
    entry = {"address": encode_address(address), "balance": str(amount)}
    accounts = sorted([*state["accounts"], entry], key=lambda each: decode_address(each["address"]))
    return {**document, "app_state": {**state, "accounts": accounts}}


def with_gen_txs(document: Mapping[str, Any], found: Sequence[GenTx]) -> dict[str, Any]:
    """Return a genesis whose validators come in by these transactions and no others."""
    state = _new_chains(document)
    return {**document, "app_state": {**state, "gen_txs": [each.document for each in found]}}


def params_of(document: Mapping[str, Any]) -> Params:
    """Return the parameters in a new chain's genesis; `BadGenesis` if they cannot be read."""
    return as_message(_new_chains(document).get("params"), Params, "params")


def check_own(entry: dict[str, Any], document: Mapping[str, Any]) -> None:
    """Refuse a gen_tx that the chain of a genesis would not admit, whatever else is in it."""
    gen_txs.check_form(gen_txs.read(entry, document["chain_id"]), params_of(document))


def _new_chains(document: Mapping[str, Any]) -> dict[str, Any]:
    state = document.get("app_state")
    if not isinstance(state, dict) or not isinstance(state.get("accounts"), list):
        raise BadGenesis("the genesis is not a new chain's: its app_state has no accounts")
    return state


def read_directory(directory: Path, chain_id: str) -> list[GenTx]:
    """Return the gen_txs in a directory, by file name.

    Raises
    ------
    BadGenesis
        If there is none, or one is not what its operator signed for this chain.
    """
    paths = sorted(directory.glob("*.json"))
    if not paths:
        raise BadGenesis(f"there are no gen_txs in {directory}; `assayd gentx` makes them")
    return [_read(path, chain_id) for path in paths]


def _read(path: Path, chain_id: str) -> GenTx:
    data = path.read_bytes()
    try:
        if len(data) > _MAX_BYTES:
            raise ValueError
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise BadGenesis(f"{path} is not JSON, or has more than {_MAX_BYTES} bytes") from None
    tx = gen_txs.read(document, chain_id, str(path))
    if not tx.verify():
        raise BadGenesis(f"{path}: the signature does not match; was it made for chain {chain_id!r}?")
    return GenTx(document, tx)


def listed(document: Mapping[str, Any]) -> list[GenTx]:
    """Return the gen_txs of a genesis that a chain can begin with; none if it continues another chain."""
    state, chain_id = document["app_state"], document["chain_id"]
    return [GenTx(entry, gen_txs.read(entry, chain_id)) for entry in state.get("gen_txs", ())]


def digest(document: Mapping[str, Any]) -> str:
    """Return what all nodes of a chain must find of their genesis: a digest of its meaning, 16 digits."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]


def peers(found: Sequence[GenTx], own_id: str) -> list[str]:
    """Return how to reach the nodes of all gen_txs but one's own."""
    return [each.peer for each in found if each.peer and not each.peer.startswith(f"{own_id}@")]


def fault(document: Mapping[str, Any]) -> str:
    """Say why no chain can begin with a genesis; empty if one can."""
    try:
        first_state(document)
    except BadGenesis as error:
        return str(error)
    return ""


def summary(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield in lines with whom a genesis begins, most stake first."""
    view, first = first_state(document)
    total = sum(validator.power for validator in first)
    height = document.get("initial_height") or 1
    yield f"chain {document['chain_id']} begins at height {height}, digest {digest(document)}"
    yield f"supply {format_amount(ledger.supply(view).total)}, {len(first)} validators in the set:"
    power = {validator.address: validator.power for validator in first}
    for record in validators.ranked(view):
        part = power.get(validators.consensus_address(record), 0)
        stake, operator = format_amount(record.tokens), encode_address(record.operator)
        yield f"  {operator}  {stake:>20}  {format_part(part, total):>8}  {record.description.moniker}"
