"""What became of transactions, as a node tells it: by its index, by an event, or by the block itself."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from assay.client.errors import RpcError, TxFailed
from assay.client.rpc import Rpc, block_time, unb64, understood


@dataclass(frozen=True)
class Event:
    """Something that happened in a block.

    Attributes
    ----------
    kind
        Such as ``transfer`` or ``round``; docs/rpc.md lists them.
    attributes
        Names and values.
    """

    kind: str
    attributes: dict[str, str]


@dataclass(frozen=True)
class TxResult:
    """A transaction that is in a block and succeeded, as the node says; what it changed can be proven."""

    hash: bytes
    height: int
    index: int
    gas_wanted: int
    gas_used: int
    events: tuple[Event, ...]


def parse_events(raw: Any) -> tuple[Event, ...]:
    """Return events from CometBFT's JSON list."""
    return tuple(
        Event(item["type"], {pair["key"]: pair.get("value") or "" for pair in item.get("attributes") or ()})
        for item in raw or ()
    )


def from_index(tx_hash: bytes, answer: Any) -> TxResult | None:
    """Return what a node's index says of a transaction, or None if it does not have it.

    Raises
    ------
    TxFailed
        If it is in a block and failed.
    RpcError
        If the node refused to look.
    """
    if isinstance(answer, RpcError):
        if "not found" in answer.data or "not found" in str(answer):
            return None
        raise answer
    with understood("tx"):
        return _judged(tx_hash, int(answer["height"]), int(answer.get("index") or 0), answer["tx_result"])


def from_event(tx_hash: bytes, event: dict[str, Any]) -> TxResult:
    """Return what the event of a transaction says of it.

    Raises
    ------
    TxFailed
        If it is in a block and failed.
    """
    with understood("the event of a transaction"):
        value = event["data"]["value"]["TxResult"]
        return _judged(tx_hash, int(value["height"]), int(value.get("index") or 0), value["result"])


async def from_blocks(rpc: Rpc, tx_hash: bytes, last: int, seconds: float) -> TxResult | None:
    """Return what the blocks of the last `seconds` say of a transaction, or None if it is in none of them.

    A node that was killed may lack some of its index for good; of its blocks it lacks none.

    Parameters
    ----------
    last
        The latest height.

    Raises
    ------
    TxFailed
        If it is in a block and failed.
    RpcError
        If the node does not have a block.
    """
    newest = None
    for height in range(last, 0, -1):
        block = await rpc.call("block", height=str(height))
        with understood("block"):
            time = block_time(block["block"]["header"]["time"])
            hashes = [sha256(unb64(raw)).digest() for raw in block["block"]["data"].get("txs") or ()]
        if tx_hash in hashes:
            return await _executed(rpc, tx_hash, height, hashes.index(tx_hash))
        newest = newest or time
        if (newest - time).total_seconds() > seconds:
            break
    return None


async def _executed(rpc: Rpc, tx_hash: bytes, height: int, index: int) -> TxResult:
    results = await rpc.call("block_results", height=str(height))
    with understood("block_results"):
        return _judged(tx_hash, height, index, results["txs_results"][index])


def _judged(tx_hash: bytes, height: int, index: int, result: dict[str, Any]) -> TxResult:
    code = int(result.get("code") or 0)
    if code:
        raise TxFailed(result.get("codespace") or "", code, result.get("log") or "", height, tx_hash)
    return TxResult(
        hash=tx_hash,
        height=height,
        index=index,
        gas_wanted=int(result.get("gas_wanted") or 0),
        gas_used=int(result.get("gas_used") or 0),
        events=parse_events(result.get("events")),
    )
