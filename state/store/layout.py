"""Where everything lies in the database. Integers are big endian, so that byte order is their order.

========  ==========================  ======================================================
prefix    rest of the key             value
========  ==========================  ======================================================
``r``     key                         the record as it stands
``u``     u8 length, key, version     what the record was before that version changed it
``p``     page key                    a page of the tree (`assay.state.store.pages`)
``b``     u8 length, scope, digest    bytes kept beside the tree
``l``     u8 length, scope, digest    nothing: says that those bytes are in use
``v``     version                     that version's root
``c``     version                     keys of the records that version changed
``s``     version                     keys of the pages that version made stale
``d``     version                     bytes beside the tree that version put or dropped
``H``                                 format, last committed version, oldest version kept
========  ==========================  ======================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from assay.state.store.pages import Child, Leaf, Node

FORMAT: Final = 1

RECORD: Final = b"r"
UNDO: Final = b"u"
PAGE: Final = b"p"
BULK: Final = b"b"
LIVE: Final = b"l"
ROOT: Final = b"v"
CHANGED: Final = b"c"
STALE: Final = b"s"
JOURNAL: Final = b"d"
HEAD: Final = b"H"

MAX_VERSION: Final = (1 << 64) - 1
_LENGTH: Final = 4


def u64(value: int) -> bytes:
    """Encode a version."""
    return value.to_bytes(8, "big")


def records(database: Any, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the records in a database or a snapshot of one, by key: as `Store.iterate`."""
    with database.iterator(prefix=RECORD + prefix) as found:
        if start > prefix:
            found.seek(RECORD + start)
        for key, value in found:
            yield key[len(RECORD) :], value


def undo(key: bytes, version: int) -> bytes:
    """Where the value lies that a record had before `version` changed it.

    The length in front keeps the entries of one key together: without it those
    of a longer key with the same beginning could stand between them.
    """
    return UNDO + bytes((len(key),)) + key + version.to_bytes(8, "big")


def place(scope: bytes, digest: bytes) -> bytes:
    """Name bytes that lie beside the tree."""
    return scope_prefix(scope) + digest


def scope_prefix(scope: bytes) -> bytes:
    """Begin every place in a scope, and no other place."""
    return bytes((len(scope),)) + scope


def split_place(name: bytes) -> tuple[bytes, bytes]:
    """Return the scope and digest of a place."""
    end = 1 + name[0]
    return name[1:end], name[end:]


def pack(items: Iterable[bytes]) -> bytes:
    """Join byte strings, each behind its length."""
    return b"".join([part for item in items for part in (len(item).to_bytes(_LENGTH, "big"), item)])


def unpack(data: bytes) -> list[bytes]:
    """Undo `pack`."""
    items, at = [], 0
    while at < len(data):
        start = at + _LENGTH
        at = start + int.from_bytes(data[at:start], "big")
        items.append(data[start:at])
    return items


def optional(value: bytes | None) -> bytes:
    """Encode a value that may be absent; no value and an empty one differ."""
    return b"" if value is None else b"\x01" + value


def from_optional(data: bytes) -> bytes | None:
    """Undo `optional`."""
    return data[1:] if data else None


def encode_root(root: Node | None) -> bytes:
    """Encode a version's root."""
    if root is None:
        return b"\x00"
    if isinstance(root, Child):
        return b"\x02" + root.hash + u64(root.version)
    return b"\x01" + root.hash + root.key


def decode_root(data: bytes) -> Node | None:
    """Undo `encode_root`."""
    kind, root_hash, rest = data[0], data[1:33], data[33:]
    if kind == 0:
        return None
    return Leaf(root_hash, rest) if kind == 1 else Child(root_hash, int.from_bytes(rest, "big"))


def encode_head(version: int, oldest: int) -> bytes:
    """Encode what `Store.open` reads first."""
    return bytes((FORMAT,)) + u64(version) + u64(oldest)


def decode_head(data: bytes) -> tuple[int, int, int]:
    """Return format, last committed version and oldest version kept."""
    return data[0], int.from_bytes(data[1:9], "big"), int.from_bytes(data[9:17], "big")
