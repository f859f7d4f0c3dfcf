"""``assay query faults``: who was named, and until when its seat is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from assay.client.cli import query
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Fault, Suspension

FIRST, SECOND, THIRD = (bytes([number]) * 20 for number in (1, 2, 3))
FAULTS = [
    Fault(validator=FIRST, key_id=4, kind=pb.FAULT_KIND_SILENT_CEREMONY, member=1, height=50),
    Fault(validator=SECOND, key_id=4, kind=pb.FAULT_KIND_BAD_SEEDS, member=2, height=51),
    Fault(validator=THIRD, key_id=5, kind=pb.FAULT_KIND_SILENT_RELEASE, member=3, height=52),
]
SUSPENSIONS = [
    Suspension(validator=FIRST, since=50, until=100, kind=pb.FAULT_KIND_SILENT_CEREMONY, key_id=4),
    Suspension(validator=SECOND, since=51, until=10051, kind=pb.FAULT_KIND_BAD_SEEDS, key_id=4),
    Suspension(validator=THIRD, since=52, until=102, kind=pb.FAULT_KIND_SILENT_RELEASE, key_id=5),
]


@pytest.fixture
def after_99(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chain has seen these faults, and 99 blocks."""

    async def found(_: Any) -> Any:
        return 99, FAULTS, SUSPENSIONS

    monkeypatch.setattr(query, "_faults", found)


@pytest.mark.usefixtures("after_99")
def test_each_fault_is_shown_with_what_it_costs(run: Callable[..., Result], url: str) -> None:
    shown = run("--node", url, "query", "faults").stdout
    rows = [line for line in shown.splitlines() if "0101" in line or "0202" in line or "0303" in line]
    said = [
        ("silent_ceremony", "no more"),
        ("bad_seeds", "until block 10051"),
        ("silent_release", "until block 102"),
    ]
    assert "after block 99" in shown
    assert len(rows) == 3
    for row, (kind, left_out) in zip(rows, said, strict=True):
        assert kind in row
        assert left_out in row


@pytest.mark.usefixtures("after_99")
def test_programs_get_both_lists(call: Callable[..., Any]) -> None:
    found = call("query", "faults")
    assert [item["kind"] for item in found["faults"]] == ["silent_ceremony", "bad_seeds", "silent_release"]
    assert [item["until"] for item in found["suspensions"]] == [100, 10051, 102]
