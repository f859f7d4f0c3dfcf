"""Headers as nodes tell them, unverified: to show them, and to compare what several nodes tell."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from assay.client.errors import BadResponse, NodeUnreachable, RpcError
from assay.client.light.errors import Conflict
from assay.client.light.header import Header
from assay.client.light.parse import header as parse_header
from assay.client.rpc import Rpc, understood

_TRIES: Final = 20
_PAUSE_SECONDS: Final = 0.5
"""Between two tries: a witness may be a few blocks behind."""


async def told_header(rpc: Rpc, height: int) -> Header:
    """Return a header as the node tells it, unverified."""
    answer = await rpc.call("header", height=str(height))
    with understood("header"):
        header = parse_header(answer["header"])
    if header.height != height:
        raise BadResponse(f"asked for header {height}, the node sent header {header.height}")
    return header


class Witnesses:
    """Other nodes, which must tell of the same chain.

    Parameters
    ----------
    nodes
        At best run by people who have nothing to do with one another.
    """

    def __init__(self, nodes: Sequence[Rpc] = ()) -> None:
        self._nodes = nodes
        self._compared = 0

    def agree_on(self, header: Header) -> bool:
        """Tell whether every node was asked for this header, or for one above it, and had the same."""
        return not self._nodes or header.height <= self._compared

    async def compare(self, header: Header) -> None:
        """Ask every node for this header, unless they agree on it already.

        Raises
        ------
        Conflict
            If one has another.
        NodeUnreachable
            If one does not answer, or does not get to that height within some seconds.
        """
        if not self.agree_on(header):
            await asyncio.gather(*(_compare(node, header) for node in self._nodes))
            self._compared = header.height

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(node.close() for node in self._nodes))


async def _compare(witness: Rpc, header: Header) -> None:
    found = await _patiently(witness, header.height)
    if found.hash != header.hash:
        raise Conflict(
            f"header {header.height} has the hash {header.hash.hex().upper()}, but the witness {witness.url} "
            f"has one with the hash {found.hash.hex().upper()}. One of the two lies, or more than a third of "
            "the validators sign two chains: believe neither before you know which"
        )


async def _patiently(witness: Rpc, height: int) -> Header:
    for attempt in range(_TRIES):
        try:
            return await told_header(witness, height)
        except RpcError as error:
            if attempt == _TRIES - 1:
                raise NodeUnreachable(
                    f"the witness {witness.url} does not give header {height} ({error.data}); wait until it "
                    "has caught up, or name another"
                ) from None
            await asyncio.sleep(_PAUSE_SECONDS)
    raise AssertionError("the last try returns or raises")
