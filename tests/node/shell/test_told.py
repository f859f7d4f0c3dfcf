from typing import Any

import pytest
from structlog.testing import capture_logs

from assay.node.shell.told import tell
from assay.state.context import Event
from assay.state.transition import BlockResult, TxResult

PHASE = Event("round", {"id": "3", "what": "phase"}, {"status": "scoring", "deadline": 70, "outcome": ""})
COMMITTED = Event("round", {"id": "3", "what": "committed", "account": "x"}, {})
KEY = Event("key", {"id": "5", "status": "ready"}, {})
FAULT = Event("fault", {"validator": "ab", "key": "5", "kind": "silent"}, {"member": 2})
TRANSFER = Event("transfer", {"recipient": "x"}, {"amount": 1})


@pytest.fixture
def told() -> list[Any]:
    txs = [TxResult(events=[TRANSFER, COMMITTED, PHASE])]
    with capture_logs() as lines:
        tell(9, BlockResult(txs, [KEY, FAULT]))
    return list(lines)


def test_phases_keys_and_faults_are_told_and_nothing_else(told: list[Any]) -> None:
    assert [line["event"] for line in told] == ["round", "key", "fault"]
    assert [line["log_level"] for line in told] == ["info", "info", "warning"]
    assert told[0] == {
        "event": "round",
        "log_level": "info",
        "block": 9,
        "id": "3",
        "what": "phase",
        "status": "scoring",
        "deadline": "70",
        "outcome": "",
    }


def test_attributes_may_have_any_name() -> None:
    words = {"height": 3, "event": "x", "block": "y", "level": "z"}
    with capture_logs() as lines:
        tell(9, BlockResult([], [Event("tombstone", {"validator": "v"}, words)]))
    (line,) = lines
    assert (line["event"], line["block"], line["height"]) == ("tombstone", 9, "3")


def test_faults_name_the_validator(told: list[Any]) -> None:
    assert (told[2]["validator"], told[2]["kind"]) == ("ab", "silent")
