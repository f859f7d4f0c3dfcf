"""Reading the chain's records, proven against its headers.

A record at height h is proven against the app hash in the header of h + 1. A
light client follows that header from one that is trusted. Without it the header
comes from the same node, and a proof shows no more than that the answer belongs
to the chain the node tells of.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from google.protobuf.message import DecodeError, Message

from assay.client.errors import BadResponse, ClientError, ProofInvalid, QueryRefused
from assay.client.light.client import LightClient
from assay.client.rpc import Rpc, unb64, understood
from assay.proto.query_pb2 import ChainInfo
from assay.state.rules import ics23
from assay.state.rules.errors import NotFound

M = TypeVar("M", bound=Message)
T = TypeVar("T")
_APP_HASHES_KEPT: Final = 64
_PROOFS_AT_ONCE: Final = 8


class NoSuchRecord(ClientError):
    """Nothing is stored under the key asked for.

    Attributes
    ----------
    verified : bool
        Whether the absence was proven.
    """

    def __init__(self, what: str, height: int, verified: bool) -> None:
        self.height, self.verified = height, verified
        super().__init__(f"{what} at height {height} ({'proven' if verified else 'the node says so'})")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A value read from the chain.

    Attributes
    ----------
    value
        What was read.
    height
        The block after which the value stood.
    verified
        Whether it was proven against the next block's header.
    """

    value: T
    height: int
    verified: bool


@dataclass(frozen=True)
class _Raw:
    value: bytes
    height: int
    proof: bytes | None


class Reader:
    """Raw queries of one node, and the proofs of what they return.

    Parameters
    ----------
    rpc
        The node.
    light
        Verifies the headers; None takes them from the node as they are.
    """

    def __init__(self, rpc: Rpc, light: LightClient | None = None) -> None:
        self._rpc = rpc
        self._light = light
        self._app_hashes: OrderedDict[int, bytes] = OrderedDict()

    async def raw(self, path: str, data: bytes, *, height: int = 0, prove: bool = False) -> _Raw:
        """Ask the application.

        Raises
        ------
        QueryRefused
            With the application's code.
        """
        answer = await self._rpc.call(
            "abci_query", path=path, data=data.hex(), height=str(height), prove=prove
        )
        with understood(path):
            response = answer["response"]
            code = int(response.get("code") or 0)
            if code:
                raise QueryRefused(response.get("codespace") or "", code, response.get("log") or "")
            return _Raw(unb64(response.get("value")), int(response.get("height") or 0), _proof(response))

    async def value(self, key: bytes, *, height: int = 0, prove: bool = True) -> Answer[bytes]:
        """Return the bytes stored under a key; empty if there are none.

        Parameters
        ----------
        key
            From `assay.state.rules.keys`.
        height
            0 means the latest that can be proven.
        prove
            Whether to demand and check a proof.

        Raises
        ------
        ProofInvalid
            If the node's proof does not hold.
        """
        try:
            raw = await self.raw("/store/key", key, height=height, prove=prove)
        except QueryRefused as error:
            if prove or error.reason is not NotFound:
                raise
            return Answer(b"", height, False)
        if prove:
            if height and raw.height != height:
                raise ProofInvalid(f"asked for height {height}, the node proved height {raw.height}")
            _check(key, raw, await self._app_hash(raw.height, latest=not height))
        return Answer(raw.value, raw.height, prove)

    async def values(self, keys: Iterable[bytes], *, height: int, prove: bool = True) -> list[bytes]:
        """Return the bytes stored under several keys after one block, in their order; see `value`."""
        gate = asyncio.Semaphore(_PROOFS_AT_ONCE)

        async def read(key: bytes) -> bytes:
            async with gate:
                return (await self.value(key, height=height, prove=prove)).value

        return list(await asyncio.gather(*(read(key) for key in keys)))

    async def provable_height(self) -> int:
        """Return the latest height that can be proven, as the node says.

        Raises
        ------
        ProofInvalid
            If a light client finds it too old to be that.
        """
        height = decode(ChainInfo, (await self.raw("/chain", b"")).value).provable_height
        if self._light is not None:
            await self._light.latest(height + 1)
        return height

    async def _app_hash(self, height: int, *, latest: bool) -> bytes:
        """Return the app hash after a height, from the header of the next block."""
        if self._light is not None:
            header = await (self._light.latest if latest else self._light.header)(height + 1)
            return header.app_hash
        known = self._app_hashes.get(height)
        if known is None:
            known = self._app_hashes[height] = await self._told_app_hash(height)
            if len(self._app_hashes) > _APP_HASHES_KEPT:
                self._app_hashes.popitem(last=False)
        return known

    async def _told_app_hash(self, height: int) -> bytes:
        """Return what the node says is the next header's."""
        answer = await self._rpc.call("header", height=str(height + 1))
        with understood("header"):
            header = answer["header"]
            if not header or int(header["height"]) != height + 1:
                raise BadResponse(f"the node sent no header of height {height + 1}")
            return bytes.fromhex(header["app_hash"])


def decode(message_type: type[M], data: bytes) -> M:
    """Parse a message from a node.

    Raises
    ------
    BadResponse
        If the bytes are no such message.
    """
    try:
        return message_type.FromString(data)
    except DecodeError:
        raise BadResponse(f"the node's bytes do not parse as {message_type.DESCRIPTOR.name}") from None


def _proof(response: dict[str, Any]) -> bytes | None:
    ops = (response.get("proofOps") or {}).get("ops") or []
    return unb64(ops[0].get("data")) if len(ops) == 1 else None


def _check(key: bytes, raw: _Raw, app_hash: bytes) -> None:
    if raw.proof is None:
        raise ProofInvalid("the node sent no proof, or more than one")
    try:
        if raw.value:
            ics23.verify_membership(app_hash, key, raw.value, raw.proof)
        else:
            ics23.verify_non_membership(app_hash, key, raw.proof)
    except ics23.ProofError as error:
        raise ProofInvalid(
            f"the answer for key {key.hex()} at height {raw.height} does not follow from the app hash in the "
            f"header of height {raw.height + 1}: {error}. Do not trust this node"
        ) from None
