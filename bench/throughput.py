"""Committed transfers a second, against CometBFT's built-in key-value store.

One validator, the real CometBFT, the same settings of it, the same loader and
transactions of equal size. Ours checks signatures, sequences, balances and
fees, keeps the tree and writes events; the key-value store keeps its pairs in
memory inside CometBFT's own process and checks no signature.
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import chains
import loader
from chains import Chain
from pairs import Row, row

from assay.client.client import Client
from assay.client.records import Reader
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

Lanes = list[list[str]]


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


def load(chain: Chain, lanes: Lanes) -> dict[str, Any]:
    """Send lanes from a process of its own and return what it measured."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "lanes.json")
        path.write_text(json.dumps(lanes), encoding="utf-8")
        command = (sys.executable, loader.__file__, chain.url, str(path))
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    if found["committed"] != found["expected"]:
        raise LostTransfers(f"not every transaction was committed: {found}")
    return found


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
        return await Reader(client.rpc).pages(keys.ACCOUNT)


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


class Bench:
    """The transactions, made once, and the two chains they are sent to."""

    def __init__(self, total: int, count: int) -> None:
        self.total, self.count = total, count
        self.transfers = transfers(total, count)
        self.assignments = assignments(self.transfers)

    def ours(self) -> dict[str, Any]:
        """Measure a fresh chain of ours, and check where it ends."""
        funded = {account(number).address_text: BALANCE for number in range(self.count)}
        with chains.assay(funded) as chain:
            found = load(chain, self.transfers)
            check_state(chain, self.total, self.count)
        return found

    def theirs(self) -> dict[str, Any]:
        """Measure a fresh chain of the key-value store."""
        with chains.kvstore() as chain:
            return load(chain, self.assignments)


def run(*, quick: bool = False) -> list[Row]:
    """Measure pairs of fresh chains."""
    bench = Bench(2_000, 500) if quick else Bench(TRANSFERS, ACCOUNTS)
    measured = [(bench.ours(), bench.theirs()) for _ in range(1 if quick else PAIRS)]
    busiest = max(found["loader_cpu"] for pair in measured for found in pair)
    if busiest > LOADER_LIMIT and not quick:
        raise RuntimeError(f"the loader used {busiest:.0%} of a core: what it could send was measured")
    return [
        row(
            f"committed transfers, {bench.total:,} between {bench.count:,} accounts",
            "1/s",
            "CometBFT's kvstore, same loader and settings",
            [(ours["rate"], theirs["rate"]) for ours, theirs in measured],
            target=0.6,
        )
    ]
