"""The answer about a block has everything that the state machine found."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from assay.node.shell.results import block_response
from assay.proto import abci_pb2 as abci
from assay.state.context import Event
from assay.state.transition import BlockResult, TxResult

WORD = st.text(max_size=20)
EVENT = st.builds(
    Event,
    WORD,
    st.dictionaries(WORD, WORD, max_size=3),
    st.dictionaries(WORD, WORD | st.integers(0, 2**64 - 1), max_size=3),
)
UINT = st.integers(0, 2**63 - 1)
EVENTS = st.lists(EVENT, max_size=3)
DONE = st.builds(TxResult, gas_wanted=UINT, gas_used=UINT, events=EVENTS)
REFUSED = st.builds(TxResult, st.integers(1, 2**32 - 1), WORD, WORD, UINT, UINT, EVENTS)


def events_message(events: list[Event]) -> list[abci.Event]:
    return [
        abci.Event(
            type=event.kind,
            attributes=[abci.EventAttribute(key=k, value=v, index=True) for k, v in event.indexed.items()]
            + [abci.EventAttribute(key=k, value=str(v)) for k, v in event.details.items()],
        )
        for event in events
    ]


@settings(max_examples=40)
@given(st.lists(DONE | REFUSED, max_size=3), EVENTS, st.binary(min_size=32, max_size=32))
def test_results_and_events_arrive_as_they_are(
    results: list[TxResult], events: list[Event], app_hash: bytes
) -> None:
    expected = abci.ResponseFinalizeBlock(app_hash=app_hash, events=events_message(events))
    for result in results:
        expected.tx_results.add(
            code=result.code,
            codespace=result.codespace,
            log=result.log,
            gas_wanted=result.gas_wanted,
            gas_used=result.gas_used,
            events=events_message(result.events),
        )
    assert block_response(results[:1], BlockResult(results[1:], events), app_hash) == expected
