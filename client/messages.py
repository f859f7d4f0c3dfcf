"""Messages of a transaction, each from its fields."""

from __future__ import annotations

from assay.crypto.accounts import decode_address
from assay.crypto.committee.evidence import Contradiction
from assay.proto import tx_pb2
from assay.proto.model_pb2 import Model
from assay.proto.tx_pb2 import Message


def transfer(recipient: str | bytes, amount: int) -> Message:
    """Move `amount` uasy to an address, given as text or as its 20 bytes."""
    raw = decode_address(recipient) if isinstance(recipient, str) else recipient
    return Message(transfer=tx_pb2.MsgTransfer(recipient=raw, amount=amount))


def post_model(model: Model) -> Message:
    """Publish a model."""
    return Message(post_model=tx_pb2.MsgPostModel(model=model))


def open_round(terms: tx_pb2.MsgOpenRound) -> Message:
    """Open a round with a bounty."""
    return Message(open_round=terms)


def commit(round_id: int, commitment: bytes) -> Message:
    """Commit to a submission."""
    return Message(commit=tx_pb2.MsgCommit(round_id=round_id, commitment=commitment))


def reveal(round_id: int, salt: bytes, reserve: int, payload: bytes) -> Message:
    """Reveal a submission committed to before."""
    fields = tx_pb2.MsgReveal(round_id=round_id, salt=salt, reserve=reserve, payload=payload)
    return Message(reveal=fields)


def cancel_round(round_id: int) -> Message:
    """Take back a round nobody has committed to."""
    return Message(cancel_round=tx_pb2.MsgCancelRound(round_id=round_id))


def acknowledge_release(round_id: int) -> Message:
    """Say that the released sum has been opened and its bytes may go."""
    return Message(acknowledge_release=tx_pb2.MsgAcknowledgeRelease(round_id=round_id))


def report_release(round_id: int, found: Contradiction) -> Message:
    """Prove to the chain that a member's share of the released sum is wrong."""
    parts = [
        tx_pb2.ReleasePart(member=member, share=part.share, path=part.path, signature=part.signature)
        for member, part in sorted(found.parts.items())
    ]
    fields = tx_pb2.MsgReportRelease(round_id=round_id, slot=found.slot, index=found.index, parts=parts)
    return Message(report_release=fields)
