"""Records and lists of records by path; docs/rpc.md has the table of paths."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from google.protobuf.message import Message

from assay.client.errors import BadResponse, QueryRefused
from assay.client.records import Answer, NoSuchRecord, Reader, decode
from assay.proto.query_pb2 import Page, PageRequest
from assay.state.rules import paths
from assay.state.rules.errors import BadQuery, QueryError

_MOST_AT_ONCE: Final = 1000
_MOST_LISTED: Final = 256 << 20
"""Bytes of a list that is read as a whole."""

Found = Message | bytes
"""A record; bytes where the chain keeps no message."""


@dataclass(frozen=True)
class Listing:
    """A page of a list.

    Attributes
    ----------
    records
        Path and record, in the order of their keys.
    next
        What to give as `start` to go on; empty at the end.
    """

    records: tuple[tuple[str, Found], ...]
    next: bytes


class Paths:
    """Reads by path, proven unless the client was made with ``verify=False``."""

    def __init__(self, reader: Reader, verify: bool) -> None:
        self._reader = reader
        self._verify = verify

    async def record(self, path: str, *, height: int = 0) -> Answer[Found]:
        """Return the record at a path.

        Parameters
        ----------
        path
            Such as ``/round/7``.
        height
            Any that the node keeps; 0 means the latest that can be proven.

        Raises
        ------
        NoSuchRecord
            If there is none.
        QueryRefused
            If there is no such path, or the height is not kept.
        """
        place = _place(path, is_list=False)
        found = await self._reader.value(place.key, height=height, prove=self._verify)
        if not found.value:
            raise NoSuchRecord(f"there is nothing at {path}", found.height, found.verified)
        return Answer(_message(place.route, found.value), found.height, found.verified)

    async def page(
        self, path: str, *, start: bytes = b"", limit: int = 0, height: int = 0
    ) -> Answer[Listing]:
        """Return a page of the records below a path.

        Verified means that each of them is proven. Nothing proves that the node left none out: the tree
        knows keys by their hashes, so neighbours in a list are none in the tree.

        Parameters
        ----------
        path
            Such as ``/round`` or ``/round/7/contribution``.
        start
            `Listing.next` of the page before.
        limit
            At most so many, and at most 1,000; 0 means 100.
        height
            As for `record`.
        """
        route = _place(path, is_list=True).route
        if self._verify and not height:
            height = await self._reader.provable_height()
        page, height = await self._page(path, start, limit, height)
        values = [entry.value for entry in page.entries]
        if self._verify:
            values = await self._proven(page, height)
        records = tuple(
            (route.path(entry.key), _message(route, value))
            for entry, value in zip(page.entries, values, strict=True)
        )
        return Answer(Listing(records, page.next), height, self._verify)

    async def entries(self, path: str, height: int) -> list[tuple[bytes, bytes]]:
        """Return key and value of all records below a path after the block of `height`, unproven.

        Height 0 is the latest of each page.

        Raises
        ------
        BadResponse
            If keys do not belong to the list, or the node would never come to an end.
        """
        found: list[tuple[bytes, bytes]] = []
        start, size = b"", 0
        while True:
            page, _ = await self._page(path, start, _MOST_AT_ONCE, height)
            found += ((entry.key, entry.value) for entry in page.entries)
            size += page.ByteSize()
            start = page.next
            if not start:
                return found
            if size > _MOST_LISTED:
                raise BadResponse(f"{path} has more than {_MOST_LISTED:,} bytes; read it page by page")

    async def _page(self, path: str, start: bytes, limit: int, height: int) -> tuple[Page, int]:
        """Return a page with keys that belong to the list, and its height."""
        place = _place(path, is_list=True)
        request = PageRequest(start=start, limit=limit).SerializeToString()
        raw = await self._reader.raw(path, request, height=height)
        if height and raw.height != height:
            raise BadResponse(f"asked for height {height}, the node listed height {raw.height}")
        page = decode(Page, raw.value)
        _check_keys(place, page, start)
        return page, raw.height

    async def _proven(self, page: Page, height: int) -> list[bytes]:
        keys = [entry.key for entry in page.entries]
        values = await self._reader.values(keys, height=height)
        for key, value in zip(keys, values, strict=True):
            if not value:
                raise BadResponse(f"the node listed a record under {key.hex()}, which is proven to be absent")
        return values


def place_of(path: str) -> paths.Place:
    """Return what a path means.

    Raises
    ------
    QueryRefused
        As the node would refuse it.
    """
    try:
        return paths.resolve(path)
    except QueryError as error:
        raise _refusal(error) from None


def _place(path: str, *, is_list: bool) -> paths.Place:
    place = place_of(path)
    if place.is_list != is_list:
        kind = "one record" if is_list else "a list"
        raise _refusal(BadQuery(f"{path} is {kind}, its kind is {place.route.pattern}"))
    return place


def _refusal(error: QueryError) -> QueryRefused:
    return QueryRefused(error.codespace, error.code, str(error))


def _message(route: paths.Route, value: bytes) -> Found:
    return value if route.record is None else decode(route.record, value)


def _check_keys(place: paths.Place, page: Page, start: bytes) -> None:
    keys = [entry.key for entry in page.entries]
    ordered = all(one < other for one, other in pairwise([*keys, page.next or b"\xff"]))
    fitting = all(key.startswith(place.key) and len(key) == place.route.key_bytes for key in keys)
    leads_on = not page.next or keys
    if not ordered or not fitting or not leads_on or (keys and keys[0] < start):
        raise BadResponse("the node's list has keys that do not belong to it, or are out of order")
