"""What typed queries have in common: records parsed, lists proven record by record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from google.protobuf.message import Message

from assay.client.errors import ProofInvalid, QueryRefused
from assay.client.paths import Paths
from assay.client.records import Answer, NoSuchRecord, Reader, decode
from assay.state.rules.errors import HeightNotKept

M = TypeVar("M", bound=Message)
T = TypeVar("T")
_READ_TRIES: Final = 4


class TypedReader:
    """Reads records of a known kind, and proves them unless told not to.

    Parameters
    ----------
    reader
        Of one node.
    verify
        Whether records are proven against the chain's headers.
    """

    def __init__(self, reader: Reader, verify: bool) -> None:
        self.reader = reader
        self._paths = Paths(reader, verify)
        self._verify = verify

    async def _maybe(self, message_type: type[M], key: bytes, height: int = 0) -> Answer[M]:
        """Return a record, empty if there is none."""
        found = await self.reader.value(key, height=height, prove=self._verify)
        return Answer(decode(message_type, found.value), found.height, found.verified)

    async def _one(self, message_type: type[M], key: bytes, missing: str, height: int = 0) -> Answer[M]:
        """Return a record that must be there; `missing` says what is not."""
        found = await self.reader.value(key, height=height, prove=self._verify)
        if not found.value:
            raise NoSuchRecord(missing, found.height, found.verified)
        return Answer(decode(message_type, found.value), found.height, found.verified)

    async def _listed(
        self,
        message_type: type[M],
        path: str,
        height: int,
        place: Callable[[bytes], bytes] | None = None,
    ) -> list[M]:
        """Return the records of a list at a height, each proven.

        Parameters
        ----------
        path
            The list's.
        place
            Gives the key of the record for which an entry of the list stands; None: the entry is it.
        """
        listed = await self._paths.entries(path, height)
        if place is None and not self._verify:
            return [decode(message_type, value) for _, value in listed]
        places = [key if place is None else place(key) for key, _ in listed]
        values = await self.reader.values(places, height=height, prove=self._verify)
        if not all(values):
            raise ProofInvalid(f"the node listed records at {path} that are not there after block {height}")
        return [decode(message_type, value) for value in values]

    async def _list(self, message_type: type[M], path: str) -> Answer[list[M]]:
        """Return the latest records of a list, unproven."""
        return Answer(
            [decode(message_type, value) for _, value in await self._paths.entries(path, 0)], 0, False
        )


async def again(read: Callable[[], Awaitable[T]]) -> T:
    """Read several records of one height; anew, a few times, if the node has ceased to keep it meanwhile."""
    for _ in range(_READ_TRIES - 1):
        try:
            return await read()
        except QueryRefused as error:
            if error.reason is not HeightNotKept:
                raise
    return await read()
