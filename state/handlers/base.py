"""What every kind of message provides."""

from __future__ import annotations

from typing import Protocol, TypeVar

from google.protobuf.message import Message

from assay.proto.state_pb2 import Params
from assay.state.context import Context
from assay.state.proofs import ProofCheck

M_contra = TypeVar("M_contra", bound=Message, contravariant=True)


class Handler(Protocol[M_contra]):
    """The rules of one kind of message. Handlers hold no state of their own."""

    def cost(self, message: M_contra, params: Params) -> int:
        """Return the gas of executing the message, its bytes not counted."""
        ...

    def check_form(self, message: M_contra, params: Params) -> None:
        """Refuse what is wrong whatever the state; raise an AssayError."""
        ...

    def spends(self, ctx: Context, message: M_contra) -> int:
        """Return the uasy the message takes from its sender, fee not counted."""
        ...

    def check(self, ctx: Context, sender: bytes, message: M_contra) -> ProofCheck | None:
        """Refuse what the state does not admit, from cheap to dear; write nothing.

        Return the proof that is left to verify, if the message has one: it is dearer than all the rest.
        """
        ...

    def execute(self, ctx: Context, sender: bytes, message: M_contra) -> None:
        """Check the message and carry it out."""
        ...
