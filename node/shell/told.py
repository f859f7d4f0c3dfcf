"""What a block did that an operator wants to read in the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Final

import structlog

from assay.state.context import Event
from assay.state.transition import BlockResult

_log = structlog.get_logger(__name__)

_SERIOUS: Final = frozenset(("fault", "jail", "slash", "tombstone"))
_TOLD: Final = _SERIOUS | {"key", "round", "unjail", "upgrade", "validator_status"}


def tell(height: int, result: BlockResult) -> None:
    """Log the notable events of a block: rounds, keys and validators that change, what is punished."""
    for event in notable(result):
        say = _log.warning if event.kind in _SERIOUS else _log.info
        words: dict[str, Any] = {**event.attributes, "block": height}
        words.pop("event", None)  # the logger's own word
        say(event.kind, **words)


def notable(result: BlockResult) -> Iterator[Event]:
    """Yield the events that are told, those of transactions that succeeded first, in order."""
    events: Iterable[Event] = chain(*(tx.events for tx in result.tx_results), result.events)
    for event in events:
        if event.kind in _TOLD and event.indexed.get("what", "phase") == "phase":
            yield event
