"""From the state machine's results to ABCI messages."""

from __future__ import annotations

from collections.abc import Iterable

from assay.proto import abci_pb2 as abci
from assay.state.context import Event
from assay.state.transition import TxResult


def to_events(events: Iterable[Event]) -> list[abci.Event]:
    """Return events as CometBFT indexes them."""
    return [
        abci.Event(
            type=event.kind,
            attributes=[
                abci.EventAttribute(key=key, value=value, index=key in event.indexed)
                for key, value in event.attributes
            ],
        )
        for event in events
    ]


def to_result(result: TxResult) -> abci.ExecTxResult:
    """Return one entry's result. The sentence goes to `log`, which consensus does not hash."""
    return abci.ExecTxResult(
        code=result.code,
        codespace=result.codespace,
        log=result.log,
        gas_wanted=result.gas_wanted,
        gas_used=result.gas_used,
        events=to_events(result.events),
    )
