"""What a block did that an operator wants to read in the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Final

import structlog

from assay.state.context import Event
from assay.state.transition import BlockResult

_log = structlog.get_logger(__name__)

_SERIOUS: Final = frozenset(("fault",))
_TOLD: Final = _SERIOUS | {"key", "round"}


def tell(height: int, result: BlockResult) -> None:
    """Log the notable events of a block: phases of rounds, states of keys, faults (as warnings)."""
    for event in notable(result):
        say = _log.warning if event.kind in _SERIOUS else _log.info
        words: dict[str, Any] = event.attributes
        say(event.kind, height=height, **words)


def notable(result: BlockResult) -> Iterator[Event]:
    """Yield the events that are told, those of transactions that succeeded first, in order."""
    events: Iterable[Event] = chain(*(tx.events for tx in result.tx_results), result.events)
    for event in events:
        if event.kind in _TOLD and event.indexed.get("what", "phase") == "phase":
            yield event
