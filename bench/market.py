"""Rounds with preset `standard` on four local validators: one reveal at a time, then 64 at once.

Prints, besides its rows, in which blocks and in which rounds of consensus the reveals were committed.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import chains
import numpy as np
from pairs import Row, figure
from reveal import BALANCE, CONTRIBUTOR, FEATURES, OWNER, model, opened_round, round_for, until

from assay.client.client import Client
from assay.client.encryption import encrypt_contribution
from assay.client.messages import commit, post_model, reveal
from assay.client.tx_results import TxResult
from assay.crypto import accounts
from assay.proto import state_pb2 as pb
from assay.proto.tx_pb2 import Message
from assay.state.rules.commitment import SALT_BYTES, commitment, payload_digest

VALIDATORS = 4
SINGLE = 5
CROWD = 64


@dataclass
class Submission:
    """What one contributor sends."""

    account: accounts.Account
    round_id: int
    payload: bytes
    salt: bytes

    def commit(self) -> Message:
        digest = payload_digest(self.payload)
        return commit(self.round_id, commitment(self.round_id, self.account.address, self.salt, digest, 0))

    def reveal(self) -> Message:
        return reveal(self.round_id, self.salt, 0, self.payload)


async def height(client: Client) -> int:
    return int((await client.rpc.call("status"))["sync_info"]["latest_block_height"])


async def consensus_rounds(client: Client, first: int, last: int) -> list[int]:
    """In which round of consensus each block was committed."""
    await client.blocks.until(last + 1)
    found = [await client.rpc.call("commit", height=str(number)) for number in range(first, last + 1)]
    return [int(answer["signed_header"]["commit"]["round"]) for answer in found]


async def sent_bytes(clients: Sequence[Client]) -> float:
    """What a node has sent to its peers so far, in the mean of all nodes."""
    totals = []
    for client in clients:
        peers = (await client.rpc.call("net_info"))["peers"]
        totals.append(sum(int(peer["connection_status"]["SendMonitor"]["Bytes"]) for peer in peers))
    return sum(totals) / len(totals)


# --- one at a time -----------------------------------------------------------


async def single(client: Client) -> tuple[int, int, float]:
    """Reveal once; return after how many blocks, in which round of consensus, and after how many seconds."""
    round_id, payload = await opened_round(client)
    one = Submission(CONTRIBUTOR, round_id, payload, secrets.token_bytes(SALT_BYTES))
    await (await client.send(CONTRIBUTOR, [one.commit()])).wait()
    await until(client, round_id, pb.ROUND_STATUS_REVEAL)
    before, start = await height(client), perf_counter()
    result = await (await client.send(CONTRIBUTOR, [one.reveal()])).wait()
    took = perf_counter() - start
    (consensus_round,) = await consensus_rounds(client, result.height, result.height)
    print(
        f"a reveal sent at height {before} is in block {result.height}, of consensus round {consensus_round}"
    )
    return result.height - before, consensus_round, took


# --- all at once -------------------------------------------------------------


async def crowded_round(client: Client, crowd: Sequence[accounts.Account]) -> list[Submission]:
    """Open a round for a crowd, and have its updates encrypted."""
    drawn = np.random.default_rng(1)
    reference = drawn.normal(size=FEATURES + 1)
    round_id, key = await round_for(client, len(crowd), reference)

    def encrypted(account: accounts.Account) -> Submission:
        update = reference + drawn.normal(size=FEATURES + 1)
        payload = encrypt_contribution(key, update, round_id, account.address)
        return Submission(account, round_id, payload, secrets.token_bytes(SALT_BYTES))

    submissions = [await asyncio.to_thread(encrypted, account) for account in crowd]
    await until(client, round_id, pb.ROUND_STATUS_OPEN)
    return submissions


async def send_all(
    clients: Sequence[Client], submissions: Sequence[Submission], messages: Sequence[Message]
) -> list[TxResult]:
    """Send a message for each submission, all at once, spread over the nodes; wait for their blocks."""

    async def send(number: int) -> TxResult:
        client = clients[number % len(clients)]
        return await (await client.send(submissions[number].account, [messages[number]])).wait()

    return await asyncio.gather(*(send(number) for number in range(len(messages))))


async def crowd_rows(clients: Sequence[Client], crowd: Sequence[accounts.Account]) -> list[Row]:
    """Have a whole round with a crowd that reveals at once."""
    client = clients[0]
    bytes_before = await sent_bytes(clients)
    submissions = await crowded_round(client, crowd)
    round_id = submissions[0].round_id
    await send_all(clients, submissions, [one.commit() for one in submissions])
    await until(client, round_id, pb.ROUND_STATUS_REVEAL)
    record = (await client.query.round(round_id)).value
    before, start = await height(client), perf_counter()
    results = await send_all(clients, submissions, [one.reveal() for one in submissions])
    revealed = perf_counter()
    heights = sorted(result.height for result in results)
    rounds = await consensus_rounds(client, before + 1, heights[-1])
    await until(client, round_id, pb.ROUND_STATUS_SETTLED)
    settled = perf_counter()
    counts = {number: heights.count(number) for number in sorted(set(heights))}
    size = len(submissions[0].payload)
    print(f"{len(crowd)} reveals of {size} bytes sent at height {before}; reveals by block: {counts};")
    print(f"consensus rounds from block {before + 1} on: {rounds}; deadline: {record.deadline}")
    window, used = record.deadline - before, heights[-1] - before
    return [
        figure(f"blocks that {len(crowd)} reveals at once take, of a window of {window}", used, "blocks"),
        figure("latest round of consensus of these blocks", max(rounds), ""),
        figure("seconds these reveals take", revealed - start, "s"),
        figure(
            "submissions scored, from the last reveal to the payout", len(crowd) / (settled - revealed), "/s"
        ),
        figure("sent by a node for the whole round", (await sent_bytes(clients) - bytes_before) / 1e6, "MB"),
    ]


# --- together ----------------------------------------------------------------


async def measure(urls: Sequence[str], crowd: Sequence[accounts.Account], count: int) -> list[Row]:
    """Measure on a running network."""
    clients = [Client(url) for url in urls]
    try:
        client = clients[0]
        result = await (await client.send(OWNER, [post_model(model())])).wait()
        await client.blocks.until(result.height + 1)
        singles = [await single(client) for _ in range(count)]
        crowded = await crowd_rows(clients, crowd)
    finally:
        for client in clients:
            await client.close()
    blocks, rounds, took = (max(column) for column in zip(*singles, strict=True))
    return [
        figure(f"blocks a standard reveal takes on {len(urls)} validators, at most", blocks, "blocks"),
        figure("latest round of consensus of these blocks", rounds, ""),
        figure("seconds such a reveal takes, at most", took, "s"),
        *crowded,
    ]


def run(*, quick: bool = False) -> list[Row]:
    """Measure with CometBFT's usual block time."""
    crowd = [
        accounts.from_seed(number.to_bytes(32, "big"))
        for number in range(1000, 1000 + (4 if quick else CROWD))
    ]
    funded = {account.address_text: BALANCE for account in (OWNER, CONTRIBUTOR, *crowd)}
    with chains.testnet(VALIDATORS, funded) as nodes:
        return asyncio.run(measure([node.url for node in nodes], crowd, 1 if quick else SINGLE))


if __name__ == "__main__":
    print(Path(__file__).stem, run())
