"""What code that runs inside a block may know."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.proto.state_pb2 import Params
from assay.state.overlay import Overlay


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, for indexers and subscribers.

    Attributes
    ----------
    kind
        What happened: "transfer", "round_opened", ...
    attributes
        (name, value) pairs in a fixed order.
    indexed
        Names under which `tx_search`, `block_search` and subscriptions find it.
    """

    kind: str
    attributes: tuple[tuple[str, str], ...]
    indexed: frozenset[str]


@dataclass(slots=True)
class Context:
    """A block, or a transaction of it, under execution.

    There is no clock here, no randomness and no network: `height` and the
    records in `view` are all a rule may depend on.
    """

    chain_id: str
    height: int
    params: Params
    view: Overlay
    events: list[Event] = field(default_factory=list)

    def emit(self, kind: str, indexed: dict[str, str], **details: str | int) -> None:
        """Record an event; `indexed` attributes can be searched for, `details` only read."""
        attributes = (*indexed.items(), *((name, str(value)) for name, value in details.items()))
        self.events.append(Event(kind, attributes, frozenset(indexed)))
