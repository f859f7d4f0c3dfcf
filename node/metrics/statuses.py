"""How many rounds and committee keys stand where, without reading all of them each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import Final, Protocol

from assay.proto import state_pb2 as pb
from assay.state import counters
from assay.state.overlay import Overlay
from assay.state.rules import keys

ROUNDS_OVER: Final = frozenset(
    (
        pb.ROUND_STATUS_SETTLED,
        pb.ROUND_STATUS_REFUNDED,
        pb.ROUND_STATUS_EXPIRED,
        pb.ROUND_STATUS_CANCELLED,
    )
)
KEYS_OVER: Final = frozenset((pb.KEY_STATUS_RETIRED, pb.KEY_STATUS_FAILED))


class StatusTally:
    """Counts numbered records by status; one that has reached a final status is read once.

    Parameters
    ----------
    read
        Returns a record's status by its id, None if there is no such record.
    final
        Statuses that never change again.
    """

    def __init__(self, read: Callable[[Overlay, int], int | None], final: Collection[int]) -> None:
        self._read = read
        self._final = final
        self._over: Counter[int] = Counter()
        self._alive: set[int] = set()
        self._next = 1

    def count(self, view: Overlay, end: int) -> Counter[int]:
        """Return how many of the records 1 to `end` - 1 have each status."""
        self._alive.update(range(self._next, end))
        self._next = max(self._next, end)
        found: Counter[int] = Counter()
        for ident in sorted(self._alive):
            status = self._read(view, ident)
            if status is None or status in self._final:
                self._alive.discard(ident)
                if status is not None:
                    self._over[status] += 1
            else:
                found[status] += 1
        return found + self._over


class ChainStatuses:
    """Rounds and committee keys of one chain by status."""

    def __init__(self) -> None:
        self._rounds = StatusTally(_round_status, ROUNDS_OVER)
        self._keys = StatusTally(_key_status, KEYS_OVER)

    def rounds(self, view: Overlay) -> dict[str, int]:
        """Return how many rounds stand at each status, by its name in lower case."""
        found = self._rounds.count(view, counters.load(view).next_round)
        return _named(pb.RoundStatus, "ROUND_STATUS_", found)

    def keys(self, view: Overlay) -> dict[str, int]:
        """Return how many committee keys stand at each status, by its name in lower case."""
        found = self._keys.count(view, counters.load(view).next_key)
        return _named(pb.KeyStatus, "KEY_STATUS_", found)


class _Enum(Protocol):
    def items(self) -> list[tuple[str, int]]: ...


def _round_status(view: Overlay, ident: int) -> int | None:
    found = view.load(pb.Round, keys.round_(ident))
    return None if found is None else found.status


def _key_status(view: Overlay, ident: int) -> int | None:
    found = view.load(pb.Key, keys.committee_key(ident))
    return None if found is None else found.status


def _named(enum: _Enum, prefix: str, found: Counter[int]) -> dict[str, int]:
    """Return a count for every status there is, so that none that is empty is missing from a graph."""
    return {name.removeprefix(prefix).lower(): found[number] for name, number in enum.items() if number}
