"""What code that runs inside a block may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from assay.proto.state_pb2 import Params
from assay.state.overlay import Overlay
from assay.state.proofs import Proofs, verify_here


class Event(NamedTuple):
    """One thing that happened, for indexers and subscribers.

    Attributes
    ----------
    kind
        What happened: "transfer", "round", ...
    indexed
        Attributes under which `tx_search`, `block_search` and subscriptions find it.
    details
        Attributes that can only be read. They stand after the indexed ones.
    """

    kind: str
    indexed: Mapping[str, str]
    details: Mapping[str, str | int]

    @property
    def attributes(self) -> dict[str, str]:
        """All attributes, in order, as they are published."""
        return {**self.indexed, **{name: str(value) for name, value in self.details.items()}}


class Vote(NamedTuple):
    """A validator in the last commit.

    Attributes
    ----------
    address
        Consensus address.
    power
        Its voting power there.
    signed
        Whether its precommit for the block is in the commit.
    """

    address: bytes
    power: int
    signed: bool


class Misbehavior(NamedTuple):
    """Evidence that CometBFT has verified: a key signed against itself.

    Attributes
    ----------
    address
        Consensus address.
    height
        At which it was done.
    power
        Its voting power then.
    """

    address: bytes
    height: int
    power: int


@dataclass(slots=True)
class Context:
    """A block, or a transaction of it, under execution.

    There is no clock here, no randomness and no network: `height` and the
    records in `view` are all a rule may depend on. `proofs` gives verdicts
    that follow from them and from the message under execution.
    """

    chain_id: str
    height: int
    params: Params
    view: Overlay
    events: list[Event] = field(default_factory=list)
    proofs: Proofs = verify_here

    def emit(self, kind: str, indexed: Mapping[str, str], **details: str | int) -> None:
        """Record an event; `indexed` attributes can be searched for, `details` only read."""
        self.events.append(Event(kind, indexed, details))
