"""The one way in which strangers' bytes become a message.

A message has exactly one encoding: the one protobuf writes from the parsed
message, fields in ascending order, defaults left out, no unknown fields. Any
other bytes are refused, so that two different byte strings never mean the same
transaction, and a hash of the bytes is a hash of the meaning.

The comparison relies on no message of ours having a map field: protobuf orders
map entries by chance. A test goes through every published message type.
"""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import DecodeError, Message

M = TypeVar("M", bound=Message)


class NotCanonical(ValueError):
    """The bytes are not the one encoding of a message of the type expected."""


def parse(message_type: type[M], data: bytes, max_bytes: int) -> M:
    """Parse bytes that must be the canonical encoding of a message.

    Parameters
    ----------
    message_type
        The generated class to parse.
    data
        Untrusted bytes.
    max_bytes
        Longer input is refused before it is parsed.

    Returns
    -------
    Message
        The message; ``message.SerializeToString() == data``.

    Raises
    ------
    NotCanonical
        If the bytes are too many, do not parse, contain a field the type does
        not know (at any depth), or are another encoding of the same message.
    """
    if len(data) > max_bytes:
        raise NotCanonical(f"{len(data)} bytes where at most {max_bytes} may stand")
    try:
        message = message_type.FromString(data)
    except (DecodeError, UnicodeDecodeError):
        # The library's own text differs between its versions, and its class between its implementations (that
        # in plain Python has the second for text that is not UTF-8); ours does not.
        raise NotCanonical(f"the bytes do not parse as {message_type.DESCRIPTOR.name}") from None
    # Unknown fields survive re-serialisation, so they are dropped first: then
    # the comparison catches them too.
    message.DiscardUnknownFields()
    if message.SerializeToString() != data:
        raise NotCanonical(
            f"the bytes are not the canonical encoding of {message_type.DESCRIPTOR.name}: "
            "fields in ascending order, defaults left out, no unknown fields"
        )
    return message


def serialize(message: Message) -> bytes:
    """Return the canonical encoding of a message built here.

    Fields that came from a newer sender's bytes and are unknown here are kept
    by protobuf; messages read with `parse` have none.
    """
    return message.SerializeToString(deterministic=True)
