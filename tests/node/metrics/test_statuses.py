from collections import Counter
from typing import cast

from assay.node.metrics.statuses import ChainStatuses, StatusTally
from assay.proto import state_pb2 as pb
from assay.state.overlay import Overlay

NOTHING = cast(Overlay, None)


def test_a_record_that_is_over_is_read_once() -> None:
    statuses = {1: 1, 2: 5, 3: 1}
    asked: list[int] = []

    def read(_view: Overlay, ident: int) -> int | None:
        asked.append(ident)
        return statuses.get(ident)

    tally = StatusTally(read, {5, 6})
    assert tally.count(NOTHING, 4) == Counter({1: 2, 5: 1})
    statuses |= {1: 6, 4: 1}
    asked.clear()
    assert tally.count(NOTHING, 5) == Counter({1: 2, 5: 1, 6: 1})
    assert asked == [1, 3, 4]
    del statuses[3]  # dropped by the chain
    asked.clear()
    assert tally.count(NOTHING, 5) == Counter({1: 1, 5: 1, 6: 1})
    assert tally.count(NOTHING, 5) == Counter({1: 1, 5: 1, 6: 1})
    assert asked == [3, 4, 4]


def test_every_state_has_a_number_also_when_nothing_is_in_it() -> None:
    view = Overlay(_Empty())
    found = ChainStatuses()
    assert found.rounds(view) == dict.fromkeys(
        ("pending", "open", "reveal", "scoring", "settled", "refunded", "expired", "cancelled"), 0
    )
    assert set(found.keys(view)) == {
        name.removeprefix("KEY_STATUS_").lower() for name in dict(pb.KeyStatus.items())
    } - {"unspecified"}


class _Empty:
    def get(self, _key: bytes) -> bytes | None:
        return None

    def iterate(self, _prefix: bytes, _start: bytes = b"") -> object:
        return iter(())

    def get_bulk(self, _scope: bytes, _digest: bytes) -> bytes | None:
        return None
