"""A genesis for tests: validators made of keys that follow from numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from assay.crypto import accounts
from assay.crypto.accounts import Account
from assay.node import chainstate
from assay.node.founders import Founder
from assay.node.gentx import founders_tx
from assay.proto import abci_pb2 as abci
from assay.proto.state_pb2 import Params
from assay.state.genesis.gen_txs import to_document

STAKE = 10_000_000
"""Ten units of voting power."""


def _key(kind: int, number: int) -> Account:
    return accounts.from_seed(bytes((kind, number)) * 16)


def founder(number: int, stake: int = STAKE, consensus_key: Account | None = None) -> Founder:
    """Return a validator; another number is another one."""
    consensus_key = consensus_key or _key(201, number)
    return Founder(f"validator {number}", _key(200, number), consensus_key, _key(202, number), stake)


def gen_txs(chain_id: str, founders: Iterable[Founder], least: int = 1_000_000) -> list[dict[str, Any]]:
    """Return the documents by which validators come in; `least` is their min_self_delegation."""
    return [to_document(founders_tx(each, chain_id, least)) for each in founders]


def app_state(
    chain_id: str,
    founders: Sequence[Founder],
    people: Iterable[Account],
    params: Params,
    balance: int = 10**6,
) -> dict[str, Any]:
    """Return the app_state of a chain whose operators hold what they stake, and other people a balance."""
    balances = {person.address: balance for person in people}
    balances |= {each.operator.address: each.stake for each in founders}
    return chainstate.app_state(params, balances, gen_txs(chain_id, founders, params.min_self_delegation))


def init_chain(chain_id: str, state: dict[str, Any]) -> abci.RequestInitChain:
    """Return CometBFT's request at the beginning of a chain."""
    request = abci.RequestInitChain(
        chain_id=chain_id, initial_height=1, app_state_bytes=json.dumps(state).encode()
    )
    request.consensus_params.block.max_bytes = -1
    request.consensus_params.abci.vote_extensions_enable_height = 1
    return request
