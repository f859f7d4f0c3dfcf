"""Committed transfers a second, and the processor time of each, against two other applications.

One validator, the real CometBFT, the same settings of it, the same loader and
transactions of equal size. Ours checks signatures, sequences, balances and
fees, keeps the tree and writes events. CometBFT's built-in key-value store
keeps its pairs in memory inside CometBFT's own process and checks no signature.
The bare application stands behind our server and checks signatures only: what
it takes, any application in Python takes, and the rest is ours.
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from time import process_time
from typing import Any

import chains
import loader
import processors
from bare_application import signed
from chains import Chain
from pairs import Pair, Row, row
from processors import APPLICATION, COMETBFT

from assay.client.client import Client
from assay.crypto import accounts
from assay.crypto.accounts import Account
from assay.proto import state_pb2
from assay.proto.tx_pb2 import Message, MsgTransfer, TxBody
from assay.state.rules import gas, keys

PAIRS = 5
ACCOUNTS = 20_000
TRANSFERS = 160_000
LANES = 4
BALANCE = 10**9
AMOUNT = 5
GAS_LIMIT = 600
FEE = gas.least_fee(GAS_LIMIT, 10)
LOADER_LIMIT = 0.8
"""Share of a core that the loader may use; above, the loader would be what is measured."""

SIGNATURES = 2_000
"""How many are verified to tell what one takes."""
KVSTORE = "CometBFT's kvstore"
BARE = "an application that only checks signatures"

Lanes = list[list[str]]
Found = dict[str, Any]
Turns = Sequence[Found]


class LostTransfers(RuntimeError):
    """The chain did not end where the transfers lead."""


@cache
def account(number: int) -> Account:
    """Return one of the senders."""
    return accounts.from_seed(number.to_bytes(32, "big"))


def recipient(sender: int, turn: int, count: int) -> int:
    """Return whom a sender pays in a turn: all others are met, and nobody pays himself."""
    return (sender + 1 + (sender * 7 + turn * 13) % (count - 1)) % count


def transfers(total: int, count: int) -> Lanes:
    """Sign transfers, one message each; an account's stand in order in one lane."""
    lanes: Lanes = [[] for _ in range(LANES)]
    for number in range(total):
        turn, sender = divmod(number, count)
        message = MsgTransfer(recipient=account(recipient(sender, turn, count)).address, amount=AMOUNT)
        body = TxBody(messages=[Message(transfer=message)], sequence=turn, gas_limit=GAS_LIMIT, fee=FEE)
        raw = accounts.sign_tx(account(sender), chains.CHAIN_ID, body.SerializeToString())
        lanes[sender % LANES].append(base64.b64encode(raw).decode())
    return lanes


def assignments(like: Lanes) -> Lanes:
    """Make transactions of the key-value store, as many and as long as those given."""
    return [
        [
            base64.b64encode(f"{lane}-{number}=".encode().ljust(_size(transaction), b"v")).decode()
            for number, transaction in enumerate(transactions)
        ]
        for lane, transactions in enumerate(like)
    ]


def _size(encoded: str) -> int:
    return len(base64.b64decode(encoded))


def load(chain: Chain, lanes: Lanes) -> Found:
    """Send lanes from a process of its own; return what it measured, and the processor time of the node.

    That is under `COMETBFT` and `APPLICATION`, in microseconds a transaction.
    """
    before = processors.seconds(chain.processes)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "lanes.json")
        path.write_text(json.dumps(lanes), encoding="utf-8")
        command = (sys.executable, loader.__file__, chain.url, str(path))
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: Found = json.loads(done.stdout)
    if found["committed"] != found["expected"]:
        raise LostTransfers(f"not every transaction was committed: {found}")
    used = processors.seconds(chain.processes)
    return found | {name: (used[name] - before[name]) / found["committed"] * 1e6 for name in used}


def balances_after(total: int, count: int) -> dict[bytes, tuple[int, int]]:
    """Return the sequence and balance each account must end with."""
    sent = Counter(number % count for number in range(total))
    received = Counter(recipient(number % count, number // count, count) for number in range(total))
    return {
        account(number).address: (
            sent[number],
            BALANCE - sent[number] * (AMOUNT + FEE) + received[number] * AMOUNT,
        )
        for number in range(count)
    }


async def read_accounts(chain: Chain) -> list[tuple[bytes, bytes]]:
    """Read every account's record."""
    async with Client(chain.url) as client:
        return await client.path.entries("/account", 0)


def check_state(chain: Chain, total: int, count: int) -> None:
    """Compare every account with what the transfers must have made of it."""
    pages = asyncio.run(read_accounts(chain))
    found = {key[len(keys.ACCOUNT) :]: state_pb2.Account.FromString(data) for key, data in pages}
    wrong = [
        address.hex()
        for address, expected in balances_after(total, count).items()
        if (found[address].sequence, found[address].balance) != expected
    ]
    if wrong:
        raise LostTransfers(f"{len(wrong)} accounts do not hold what they should, for example {wrong[0]}")


def signature_time(lanes: Lanes) -> float:
    """Return the microseconds of processor time that one signature's verification takes."""
    txs = [signed(base64.b64decode(raw), chains.CHAIN_ID) for raw in lanes[0][:SIGNATURES]]
    before = process_time()
    for tx in txs:
        tx.verify()
    return (process_time() - before) / len(txs) * 1e6


class Bench:
    """The transactions, made once, and the chains they are sent to."""

    def __init__(self, total: int, count: int) -> None:
        self.total, self.count = total, count
        self.transfers = transfers(total, count)
        self.assignments = assignments(self.transfers)

    def ours(self) -> Found:
        """Measure a fresh chain of ours, and check where it ends."""
        funded = {account(number).address_text: BALANCE for number in range(self.count)}
        with chains.assay(funded) as chain:
            found = load(chain, self.transfers)
            check_state(chain, self.total, self.count)
        return found

    def kvstore(self) -> Found:
        """Measure a fresh chain of the key-value store."""
        with chains.kvstore() as chain:
            return load(chain, self.assignments)

    def bare(self) -> Found:
        """Measure a fresh chain of the application that only checks signatures."""
        with chains.bare() as chain:
            return load(chain, self.transfers)


def run(*, quick: bool = False) -> list[Row]:
    """Measure fresh chains of all three in turns."""
    bench = Bench(2_000, 500) if quick else Bench(TRANSFERS, ACCOUNTS)
    measured = [(bench.ours(), bench.kvstore(), bench.bare()) for _ in range(1 if quick else PAIRS)]
    busiest = max(found["loader_cpu"] for turn in measured for found in turn)
    if busiest > LOADER_LIMIT and not quick:
        raise RuntimeError(f"the loader used {busiest:.0%} of a core: what it could send was measured")
    ours, kvstore, bare = zip(*measured, strict=True)
    signature = signature_time(bench.transfers)
    return [*rates(bench, ours, kvstore, bare), *processor_times(ours, kvstore, bare, signature)]


def rates(bench: Bench, ours: Turns, kvstore: Turns, bare: Turns) -> list[Row]:
    """Return the rows of committed transfers a second."""
    name = f"committed transfers, {bench.total:,} between {bench.count:,} accounts"
    return [
        row(name, "1/s", KVSTORE, _pairs("rate", ours, kvstore), target=0.6),
        row(name, "1/s", BARE, _pairs("rate", ours, bare)),
    ]


def processor_times(ours: Turns, kvstore: Turns, bare: Turns, signature: float) -> list[Row]:
    """Return the rows of processor time a transfer: of each program, of both, of the signature in it."""

    def time(what: str, reference: str, pairs: list[Pair]) -> Row:
        return row(f"processor time a transfer, {what}", "us", reference, pairs, lower_is_better=True)

    both = [
        (mine[APPLICATION] + mine[COMETBFT], other[COMETBFT])
        for mine, other in zip(ours, kvstore, strict=True)
    ]
    return [
        time("our application", BARE, _pairs(APPLICATION, ours, bare)),
        time("CometBFT under it", BARE, _pairs(COMETBFT, ours, bare)),
        time("both", KVSTORE, both),
        time("Ed25519 verification", "our application", [(signature, found[APPLICATION]) for found in ours]),
    ]


def _pairs(key: str, ours: Turns, theirs: Turns) -> list[Pair]:
    return [(mine[key], other[key]) for mine, other in zip(ours, theirs, strict=True)]
