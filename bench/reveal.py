"""How long a `standard` reveal takes from the call to its block, against a transfer on the same chain.

The reveal is a quarter of a megabyte: simulated, signed, sent through the RPC,
hashed and parsed in CheckTx, gossiped, and parsed again in the block.
"""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from time import perf_counter

import chains
import numpy as np
from pairs import Pair, Row, row

from assay.client.bounty import Terms, ready_key, terms_message
from assay.client.client import Client
from assay.client.encryption import EncryptionKey, encrypt_contribution, encrypt_reference, fetch_key
from assay.client.messages import commit, open_round, post_model, reveal, transfer
from assay.client.train.manifest import Floats
from assay.crypto import accounts
from assay.crypto.accounts import Account
from assay.crypto.committee import sealed_box
from assay.proto import model_pb2, state_pb2
from assay.proto.tx_pb2 import Message
from assay.state.rules.commitment import SALT_BYTES, commitment, payload_digest
from assay.state.rules.models import model_id

ROUNDS = 5
BALANCE = 10**12
FEATURES = 30
OWNER, CONTRIBUTOR = (accounts.from_seed(bytes((number,)) * 32) for number in (1, 2))


def model() -> model_pb2.Model:
    """Return a linear model with as many parameters as the demo's."""
    features = [model_pb2.Feature(name=f"x{i}", scale=1 << 32) for i in range(FEATURES)]
    layout = [
        model_pb2.Tensor(name="coef", shape=[1, FEATURES]),
        model_pb2.Tensor(name="intercept", shape=[1]),
    ]
    return model_pb2.Model(
        name="bench",
        kind=model_pb2.MODEL_KIND_LINEAR_REGRESSION,
        layout=layout,
        weights=[0] * (FEATURES + 1),
        features=features,
        target="y",
    )


async def timed(client: Client, account: Account, message: Message) -> float:
    """Send one message and return the seconds until it is in a block."""
    start = perf_counter()
    await (await client.send(account, [message])).wait()
    return perf_counter() - start


async def round_for(client: Client, contributors: int, reference: Floats) -> tuple[int, EncryptionKey]:
    """Open a round for so many contributors; return its id and the key to encrypt under."""
    key_id = await ready_key(client, print)
    key = await fetch_key(client, key_id)
    terms = Terms(bounty=10**6, min_contributors=contributors, max_contributors=contributors)
    message = await terms_message(client, model_id(OWNER.address, model()), model(), key_id, terms)
    message.reference = encrypt_reference(key, reference, OWNER.address)
    message.owner_public_key = sealed_box.public_key(secrets.token_bytes(sealed_box.KEY_BYTES))
    result = await (await client.send(OWNER, [open_round(message)])).wait()
    opened = next(event for event in result.events if event.attributes.get("what") == "opened")
    round_id = int(opened.attributes["id"])
    await client.blocks.until(result.height + 1)
    return round_id, key


async def opened_round(client: Client) -> tuple[int, bytes]:
    """Open a round for one contributor; return its id and the payload to reveal, once it is open."""
    update = np.ones(FEATURES + 1)
    round_id, key = await round_for(client, 1, update)
    await until(client, round_id, state_pb2.ROUND_STATUS_OPEN)
    return round_id, encrypt_contribution(key, update, round_id, CONTRIBUTOR.address)


async def until(client: Client, round_id: int, status: int) -> None:
    """Wait until a round has a status."""
    async for _ in client.blocks.follow():
        if (await client.query.round(round_id)).value.status == status:
            return


async def one_pair(client: Client) -> Pair:
    """Measure a reveal and, right after it, a transfer."""
    round_id, payload = await opened_round(client)
    salt = secrets.token_bytes(SALT_BYTES)
    digest = commitment(round_id, CONTRIBUTOR.address, salt, payload_digest(payload), 0)
    await timed(client, CONTRIBUTOR, commit(round_id, digest))
    await until(client, round_id, state_pb2.ROUND_STATUS_REVEAL)
    ours = await timed(client, CONTRIBUTOR, reveal(round_id, salt, 0, payload))
    theirs = await timed(client, CONTRIBUTOR, transfer(OWNER.address, 1))
    return ours, theirs


async def measure(url: str, count: int) -> list[Pair]:
    """Measure pairs on a running chain."""
    async with Client(url) as client:
        result = await (await client.send(OWNER, [post_model(model())])).wait()
        await client.blocks.until(result.height + 1)
        return [await one_pair(client) for _ in range(count)]


def run(*, quick: bool = False) -> list[Row]:
    """Measure one chain with preset standard and CometBFT's usual block time."""
    funded = {account.address_text: BALANCE for account in (OWNER, CONTRIBUTOR)}
    with chains.assay(funded) as chain:
        found = asyncio.run(measure(chain.url, 1 if quick else ROUNDS))
    name = "a standard reveal, from the call to its block"
    return [row(name, "s", "a transfer on the same chain", found, lower_is_better=True)]


if __name__ == "__main__":
    print(Path(__file__).stem, run())
