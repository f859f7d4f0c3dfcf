"""From the state machine's results to CometBFT's messages.

Written into place, because protobuf copies a message that is made first and
put into another one afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assay.proto import abci_pb2 as abci
from assay.state.context import Event
from assay.state.transition import BlockResult, TxResult


def block_response(
    first: Iterable[TxResult], result: BlockResult, app_hash: bytes
) -> abci.ResponseFinalizeBlock:
    """Return the answer about a block: results of its entries in order, events, validators, app hash.

    `first` are results of entries that the shell has dealt with itself, before the others.
    """
    response = abci.ResponseFinalizeBlock(app_hash=app_hash)
    _add_events(response.events, result.events)
    for tx_result in (*first, *result.tx_results):
        _add_result(response.tx_results, tx_result)
    for update in result.validator_updates:
        added = response.validator_updates.add(power=update.power)
        added.pub_key.ed25519 = update.public_key
    return response


def _add_result(results: Any, result: TxResult) -> None:
    """Add one entry's result. The sentence goes to `log`, which consensus does not hash."""
    added = results.add(gas_wanted=result.gas_wanted, gas_used=result.gas_used)
    if result.code:
        added.code, added.codespace, added.log = result.code, result.codespace, result.log
    _add_events(added.events, result.events)


def _add_events(added: Any, events: Iterable[Event]) -> None:
    """Add events as CometBFT indexes them."""
    for event in events:
        attributes = added.add(type=event.kind).attributes
        for key, value in event.indexed.items():
            attribute = attributes.add()
            attribute.key, attribute.value, attribute.index = key, value, True
        for key, detail in event.details.items():
            attribute = attributes.add()
            attribute.key, attribute.value = key, str(detail)
