"""Headers that follow from one that is trusted, fetched from a node that is not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from assay.client.errors import BadResponse, RpcError
from assay.client.light import verify
from assay.client.light.errors import HeaderInvalid, NotEnoughTrust
from assay.client.light.header import Header, LightBlock
from assay.client.light.parse import header as parse_header
from assay.client.light.told import Witnesses
from assay.client.light.trust import Kept, Trust, TrustStore
from assay.client.light.verify import TrustRules
from assay.client.rpc import Rpc, understood

_VALIDATORS_PER_PAGE: Final = 100
_MAX_VALIDATORS: Final = 10_000
"""CometBFT's bound on the votes of one commit."""
_HEADERS_PER_CALL: Final = 20
_MOST_BACK: Final = 20_000
_HEADERS_KEPT: Final = 1024


class LightClient:
    """Answers with headers it has verified itself, whatever the node says.

    Parameters
    ----------
    rpc
        The node.
    trust
        The header to start from.
    store
        Where the newest verified header is kept; None keeps it in memory only.
    rules
        Trusting period and level.
    clock
        Returns nanoseconds since 1970.
    witnesses
        Nodes that must have the same headers.
    """

    def __init__(
        self,
        rpc: Rpc,
        trust: Trust,
        *,
        store: TrustStore | None = None,
        rules: TrustRules | None = None,
        clock: Callable[[], int] = time.time_ns,
        witnesses: Witnesses | None = None,
    ) -> None:
        self._rpc = rpc
        self.trust = trust
        self._store = store
        self._rules = rules or TrustRules()
        self._clock = clock
        self._witnesses = witnesses or Witnesses()
        self._gate = asyncio.Lock()
        self._newest: tuple[LightBlock, Kept] | None = None
        self._kept_height = 0
        self._headers: dict[int, Header] = {}

    async def chain_id(self) -> str:
        """Return the chain that the trusted header belongs to."""
        async with self._gate:
            return (await self._trusted()).header.chain_id

    @property
    def newest(self) -> Header | None:
        """The newest header that was verified, None before the first."""
        return self._newest[0].header if self._newest else None

    async def header(self, height: int) -> Header:
        """Return a header that follows from the trusted one, or leads to it.

        Raises
        ------
        ProofInvalid
            One of `assay.client.light.errors`: the node's headers do not follow, or the trust is too old.
        """
        async with self._gate:
            if height not in self._headers:
                await self._reach(height)
            await self._witnesses.compare((await self._trusted()).header)
            found = self._headers[height]
            self._drop_headers()
            return found

    async def latest(self, height: int) -> Header:
        """Return a header that the node says is its latest, if that can be.

        Raises
        ------
        ProofInvalid
            As for `header`; `OutOfDate` if much newer ones are known, or the trusting period is over.
        """
        header = await self.header(height)
        verify.check_latest((await self._trusted()).header, header, self._clock(), self._rules)
        return header

    async def close(self) -> None:
        """Keep the newest verified header for the next time, and close the connections to witnesses."""
        await self._witnesses.close()
        if self._store is not None and self._newest is not None:
            block, kept = self._newest
            if block.height > self._kept_height and self._witnesses.agree_on(block.header):
                self._store.save(self.trust, kept)
                self._kept_height = block.height

    async def _reach(self, height: int) -> None:
        newest = await self._trusted()
        if height > newest.height:
            await self._forwards(newest, height)
        elif height < newest.height:
            await self._backwards(height)

    def _drop_headers(self) -> None:
        """Forget what was verified first, but for the newest: from it every other can be reached again."""
        newest = self._newest[0].height if self._newest else 0
        first = [height for height in self._headers if height != newest]
        for height in first[: max(0, len(self._headers) - _HEADERS_KEPT)]:
            del self._headers[height]

    # --- the beginning -------------------------------------------------------

    async def _trusted(self) -> LightBlock:
        """Return the newest trusted block: the one kept, or the one that was given to trust."""
        if self._newest is not None:
            return self._newest[0]
        kept = self._store.load(self.trust) if self._store else None
        if kept is None:
            block, kept = await self._first()
        else:
            block = kept.block()
            self._kept_height = block.height
        self._believe(block, kept)
        return block

    async def _first(self) -> tuple[LightBlock, Kept]:
        try:
            block, kept = await self._fetch(self.trust.height)
        except RpcError as error:
            raise BadResponse(
                f"the node does not give the trusted header {self.trust.height} ({error.data}): it is "
                "behind, or has dropped that block. Use another node, or trust a newer header"
            ) from None
        if block.header.hash != self.trust.hash:
            raise HeaderInvalid(
                f"the node's header {block.height} has the hash {block.header.hash.hex().upper()}, not the "
                f"one given to trust, {self.trust.hash.hex().upper()}: the node is on another chain or lies, "
                "or the trusted hash is wrong"
            )
        verify.check_block(block, block.header.chain_id)
        verify.check_committed(block)
        return block, kept

    def _believe(self, block: LightBlock, kept: Kept) -> None:
        self._headers[block.height] = block.header
        if self._newest is None or block.height > self._newest[0].height:
            self._newest = block, kept

    # --- forwards ------------------------------------------------------------

    async def _forwards(self, trusted: LightBlock, height: int) -> None:
        """Skip to a height; where trust does not reach so far, go to the middle first."""
        verify.check_fresh(trusted, self._clock(), self._rules)  # before the node is asked for anything
        waiting = [await self._fetch(height)]
        while waiting:
            block, kept = waiting[-1]
            try:
                verify.check_forwards(trusted, block, self._clock(), self._rules)
            except NotEnoughTrust as error:
                middle = (trusted.height + block.height) // 2
                waiting.append(await self._fetch_between(middle, error))
            else:
                self._believe(block, kept)
                trusted = block
                waiting.pop()

    async def _fetch_between(self, height: int, reason: NotEnoughTrust) -> tuple[LightBlock, Kept]:
        try:
            return await self._fetch(height)
        except RpcError as error:
            raise NotEnoughTrust(
                f"{reason}. Header {height} could show that the validators have changed in a regular way, "
                f"but the node does not give it ({error.data}). Use a node that keeps older blocks, or trust "
                "a newer header"
            ) from None

    async def _fetch(self, height: int) -> tuple[LightBlock, Kept]:
        """Return a block as the node tells it, unverified."""
        commit, first = await self._rpc.batch(
            [("commit", {"height": str(height)}), _validators(height, 1)],
        )
        pages = [_given(first)]
        with understood("validators"):
            total = int(pages[0]["total"])
            if not 0 < total <= _MAX_VALIDATORS:
                raise ValueError(f"{total} validators")
        calls = [_validators(height, page) for page in range(2, -(-total // _VALIDATORS_PER_PAGE) + 1)]
        pages += map(_given, await self._rpc.batch(calls)) if calls else []
        with understood("commit and validators"):
            validators = [each for page in pages for each in page["validators"]]
            kept = Kept(_given(commit)["signed_header"], validators)
            block = kept.block()
        if block.height != height:
            raise BadResponse(f"asked for header {height}, the node sent header {block.height}")
        return block, kept

    # --- backwards -----------------------------------------------------------

    async def _backwards(self, height: int) -> None:
        """Go back from the next verified header above, each header naming the one before it."""
        above = self._headers[min(known for known in self._headers if known > height)]
        if above.height - height > _MOST_BACK:
            raise NotEnoughTrust(
                f"header {height} lies {above.height - height} before the oldest one that is trusted, and at "
                f"most {_MOST_BACK} are followed back; trust an older header"
            )
        while above.height > height:
            for header in await self._below(above.height, height):
                verify.check_backwards(above, header)
                self._headers[header.height] = above = header

    async def _below(self, height: int, lowest: int) -> list[Header]:
        """Return some of the headers below a height, from the highest down, unverified."""
        first = max(lowest, height - _HEADERS_PER_CALL)
        answer = await self._rpc.call("blockchain", minHeight=str(first), maxHeight=str(height - 1))
        with understood("blockchain"):
            found = [parse_header(meta["header"]) for meta in answer["block_metas"]]
        if not found or [each.height for each in found] != list(range(height - 1, first - 1, -1)):
            raise BadResponse(
                f"the node does not give the headers {first} to {height - 1}; it may keep none so old"
            )
        return found


def _validators(height: int, page: int) -> tuple[str, dict[str, Any]]:
    return "validators", {"height": str(height), "page": str(page), "per_page": str(_VALIDATORS_PER_PAGE)}


def _given(answer: Any) -> Any:
    if isinstance(answer, RpcError):
        raise answer
    return answer
