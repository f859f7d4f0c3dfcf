"""Frames to requests, answers to frames.

Answers are put together by hand around the serialised message: wrapping it in
a ``Response`` first would copy it, and a FinalizeBlock answer has megabytes.
"""

from __future__ import annotations

import enum
from typing import Final

from google.protobuf.message import DecodeError, Message

from assay.node.abci.framing import encode_varint
from assay.proto import abci_pb2 as abci


class ProtocolError(Exception):
    """A frame is not a request of ABCI 2.0."""


class Lane(enum.Enum):
    """Which part of the application a request is for."""

    SERVER = "server"
    CONSENSUS = "consensus"
    MEMPOOL = "mempool"
    QUERY = "query"
    SNAPSHOT = "snapshot"


LANES: Final[dict[str, Lane]] = {
    "echo": Lane.SERVER,
    "flush": Lane.SERVER,
    "init_chain": Lane.CONSENSUS,
    "prepare_proposal": Lane.CONSENSUS,
    "process_proposal": Lane.CONSENSUS,
    "extend_vote": Lane.CONSENSUS,
    "verify_vote_extension": Lane.CONSENSUS,
    "finalize_block": Lane.CONSENSUS,
    "commit": Lane.CONSENSUS,
    "check_tx": Lane.MEMPOOL,
    "info": Lane.QUERY,
    "query": Lane.QUERY,
    "list_snapshots": Lane.SNAPSHOT,
    "offer_snapshot": Lane.SNAPSHOT,
    "load_snapshot_chunk": Lane.SNAPSHOT,
    "apply_snapshot_chunk": Lane.SNAPSHOT,
}
"""Every request this server answers; the application's method has the same name."""

_REQUEST_FIELDS = abci.Request.DESCRIPTOR.fields_by_name
_RESPONSE_FIELDS = abci.Response.DESCRIPTOR.fields_by_name


def _tag(field_number: int) -> bytes:
    """The key of a length-delimited field."""
    return encode_varint(field_number << 3 | 2)


_REQUEST_TAGS: Final[dict[str, bytes]] = {name: _tag(field.number) for name, field in _REQUEST_FIELDS.items()}
_RESPONSE_TAGS: Final[dict[str, bytes]] = {
    name: _tag(field.number) for name, field in _RESPONSE_FIELDS.items()
}
RESPONSE_TYPES: Final[dict[str, type[Message]]] = {
    name: type(getattr(abci.Response(), name)) for name in _RESPONSE_FIELDS
}
"""The class of each answer."""

CHECK_TX_BYTE: Final[int] = _tag(_REQUEST_FIELDS["check_tx"].number)[0]
"""First byte of a CheckTx frame (and of no other request's)."""

CONSENSUS_BYTES: Final[frozenset[int]] = frozenset(
    _tag(_REQUEST_FIELDS[name].number)[0] for name, lane in LANES.items() if lane is Lane.CONSENSUS
)
"""First bytes of the consensus requests' frames (and of no others')."""


def decode_request(frame: bytes) -> tuple[str, abci.Request]:
    """Parse a frame.

    Returns
    -------
    tuple[str, Request]
        The kind (a key of `LANES`) and the request whose field of that name is set.

    Raises
    ------
    ProtocolError
        If the bytes do not parse, or are not one request known here.
    """
    try:
        request = abci.Request.FromString(frame)
    except DecodeError:
        raise ProtocolError(f"{len(frame)} bytes that do not parse as a request") from None
    kind = request.WhichOneof("value")
    if kind is None:
        raise ProtocolError(
            f"unknown request (begins with {frame[:2].hex() or 'nothing'}); this server answers "
            "ABCI 2.0 as in CometBFT v0.38 to v0.40, without InsertTx and ReapTxs"
        )
    if not frame.startswith(_REQUEST_TAGS[kind]):
        # Who goes first is decided by a frame's first byte, so it must tell the truth.
        raise ProtocolError(f"a frame that ends with a {kind} request begins with something else")
    return kind, request


def decode_check_txs(frames: list[bytes]) -> list[abci.RequestCheckTx]:
    """Parse frames that begin with `CHECK_TX_BYTE`, up to the first bad one.

    Raises
    ------
    ProtocolError
        If the first frame is bad already.
    """
    parse = abci.Request.FromString
    try:
        requests = [parse(frame) for frame in frames]
        if all(request.HasField("check_tx") for request in requests):
            return [request.check_tx for request in requests]
    except DecodeError:
        pass
    decode_request(frames[0])
    return decode_check_txs(frames[: len(frames) // 2])


def encode_response(kind: str, message: Message) -> bytes:
    """Return the frame of an answer; an empty message is still present in it.

    Parameters
    ----------
    kind
        Field name in ``Response``.
    message
        The message of that field.
    """
    body = message.SerializeToString()
    head = _RESPONSE_TAGS[kind] + encode_varint(len(body))
    return b"".join((encode_varint(len(head) + len(body)), head, body))


def encode_exception(sentence: str) -> bytes:
    """Return the frame of an Exception answer."""
    return encode_response("exception", abci.ResponseException(error=sentence))


FLUSHED: Final[bytes] = encode_response("flush", abci.ResponseFlush())
"""The answer to every Flush."""
