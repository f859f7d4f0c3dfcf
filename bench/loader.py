"""Sends prepared transactions as fast as a node takes them, and measures what it commits.

Runs as a process of its own, so that its use of the processor is not the
node's. Transactions come in lanes: those of one lane are sent in order over
one connection, 100 `broadcast_tx_async` calls in each JSON-RPC batch. A lane
pauses while the chain is `WINDOW` transactions behind, so that no mempool
overflows: what is refused there would leave gaps in sequences.

    python bench/loader.py URL FILE

FILE holds one JSON list a lane, of transactions in base64. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

BATCH = 100
WINDOW = 20_000
JSON = {"Content-Type": "application/json"}
POLL_SECONDS = 0.1
PATIENCE_SECONDS = 60.0
"""How long the chain may commit nothing before the run is given up."""


@dataclass
class Progress:
    """Transactions sent, committed and refused."""

    height: int = 0
    sent: int = 0
    committed: int = 0
    refused: int = 0


class Node:
    """The few RPC calls of a loader."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def send(self, body: bytes) -> bytes:
        async with self._session.post(self._url, data=body, headers=JSON) as answer:
            return await answer.read()

    async def height(self) -> int:
        """Return the application's height: CometBFT's own counts blocks that are not executed yet."""
        async with self._session.get(f"{self._url}/abci_info") as answer:
            return int((await answer.json())["result"]["response"].get("last_block_height", 0))

    async def transactions(self, first: int, last: int) -> int:
        """Count the transactions of some blocks."""
        count = 0
        for low in range(first, last + 1, 20):
            query = f"{self._url}/blockchain?minHeight={low}&maxHeight={min(low + 19, last)}"
            async with self._session.get(query) as answer:
                result = (await answer.json())["result"]
            count += sum(int(meta["num_txs"]) for meta in result["block_metas"])
        return count


def requests(transactions: list[str]) -> list[tuple[int, bytes]]:
    """Put transactions (base64) into JSON-RPC batches: number of calls, body."""
    call = '{"jsonrpc":"2.0","id":%d,"method":"broadcast_tx_async","params":{"tx":"%s"}}'
    parts = [transactions[start : start + BATCH] for start in range(0, len(transactions), BATCH)]
    return [(len(part), f"[{','.join(call % item for item in enumerate(part))}]".encode()) for part in parts]


async def send_lane(node: Node, bodies: list[tuple[int, bytes]], progress: Progress) -> None:
    """Send one lane's requests in order."""
    for count, body in bodies:
        while progress.sent - progress.committed > WINDOW:
            await asyncio.sleep(POLL_SECONDS / 4)
        progress.sent += count
        answer = await node.send(body)
        # Parsed only when something went wrong: answers are as long as requests.
        if b'"error"' in answer:
            progress.refused += sum("error" in call for call in json.loads(answer))


async def count_committed(node: Node, expected: int, progress: Progress) -> None:
    """Follow the chain until everything expected is committed, or nothing comes any more."""
    since = time.perf_counter()
    while progress.committed + progress.refused < expected:
        if time.perf_counter() - since > PATIENCE_SECONDS:
            return
        await asyncio.sleep(POLL_SECONDS)
        latest = await node.height()
        if latest > progress.height:
            found = await node.transactions(progress.height + 1, latest)
            progress.height, progress.committed = latest, progress.committed + found
            since = time.perf_counter() if found else since


async def run(url: str, lanes: list[list[str]]) -> dict[str, Any]:
    """Send every lane and wait until all of it is committed.

    Returns
    -------
    dict
        expected, committed and refused transactions; seconds from the first call until the last commit was
        seen; rate; loader_cpu, as a share of one core; blocks.
    """
    bodies = [requests(lane) for lane in lanes]
    connector = aiohttp.TCPConnector(limit=len(lanes) + 1)
    async with aiohttp.ClientSession(connector=connector) as session:
        node = Node(session, url)
        first = await node.height()
        progress = Progress(height=first)
        expected = sum(len(lane) for lane in lanes)
        started, cpu = time.perf_counter(), time.process_time()
        counting = count_committed(node, expected, progress)
        await asyncio.gather(counting, *(send_lane(node, lane, progress) for lane in bodies))
        seconds = time.perf_counter() - started
    return {
        "expected": expected,
        "committed": progress.committed,
        "refused": progress.refused,
        "seconds": seconds,
        "rate": progress.committed / seconds,
        "loader_cpu": (time.process_time() - cpu) / seconds,
        "blocks": progress.height - first,
    }


def main() -> None:
    """Read lanes from a file and print the measurement as JSON."""
    lanes = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    print(json.dumps(asyncio.run(run(sys.argv[1], lanes))))


if __name__ == "__main__":
    main()
