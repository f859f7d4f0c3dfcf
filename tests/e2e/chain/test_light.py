"""Following the chain from a trusted header, at a node that lies."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.chain.people import ASY, people
from tests.e2e.conftest import RunningNode
from tests.e2e.liar import ABSENT, Liar, Lie, lying

from assay.client import Client, Conflict, HeaderInvalid, ProofInvalid, Trust, TxRefused, WrongChain, messages
from assay.client.home import Home
from assay.crypto.accounts import generate
from assay.proto.state_pb2 import Account
from assay.state.rules import keys
from assay.state.store import Store

pytestmark = pytest.mark.e2e
RICH = 10**18


@pytest.fixture
async def trust(client: Client) -> Trust:
    """An early header, as somebody with a node of their own would read it there."""
    header = (await client.header(2)).value
    return Trust(header.height, header.hash)


@pytest.fixture
async def liar(shared: RunningNode) -> AsyncIterator[Liar]:
    async with lying(shared.rpc_url) as found:
        yield found


# --- an honest node ----------------------------------------------------------


async def test_records_follow_from_the_trusted_header(
    shared: RunningNode, client: Client, trust: Trust, tmp_path: Path
) -> None:
    (alice,) = await people(client, tmp_path, ["alice"])
    home = Home(tmp_path / "home")
    async with Client(shared.rpc_url, trust=trust, trust_home=home) as light:
        answer = await light.query.account(alice.address)
        assert (answer.value.balance, answer.verified) == (alice.begin, True)
        await alice.send(light, messages.transfer(generate().address, 1))
        latest = await light.header()
        assert latest.verified
        for height in (1, trust.height, latest.height - 1):  # before it, itself, after it
            told = await client.rpc.call("block", height=str(height))
            assert (await light.header(height)).value.hash.hex().upper() == told["block_id"]["hash"]
    (kept,) = (tmp_path / "home" / "trust").iterdir()
    assert int(json.loads(kept.read_text())["signed_header"]["header"]["height"]) > trust.height
    async with Client(shared.rpc_url, trust=str(trust), trust_home=home) as again:
        assert (await again.query.account(alice.address)).verified


async def test_validators_are_followed_as_their_stake_changes(
    shared: RunningNode, client: Client, trust: Trust, tmp_path: Path
) -> None:
    (alice,) = await people(client, tmp_path, ["alice"], 1000 * ASY)
    operator = (await client.staking.validators()).value[0].operator
    result = await alice.send(client, messages.delegate(operator, 500 * ASY))
    await client.blocks.until(result.height + 4)
    async with Client(shared.rpc_url, trust=trust) as light:
        headers = {
            height: (await light.header(height)).value for height in range(trust.height, result.height + 4)
        }
        assert len({header.validators_hash for header in headers.values()}) > 1
        assert headers[result.height + 1].validators_hash != headers[result.height + 2].validators_hash


# --- a lying node ------------------------------------------------------------


def forged_state(folder: Path, address: bytes) -> tuple[bytes, bytes, bytes]:
    """A state of one's own in which an account is rich: its app hash, the record, the proof."""
    record = Account(balance=RICH).SerializeToString()
    with Store.open(folder, create=True) as store:
        store.commit(store.prepare(1, {keys.account(address): record}))
        return store.root, record, store.prove(keys.account(address), 1)


def rich_lie(folder: Path, address: bytes) -> Lie:
    """Make an account rich, with a proof, and with headers that fit it."""
    root, record, proof = forged_state(folder, address)

    def lie(method: str, params: dict[str, Any], result: dict[str, Any]) -> None:
        if method == "abci_query" and params["path"] == "/store/key":
            result["response"]["value"] = base64.b64encode(record).decode()
            result["response"]["proofOps"]["ops"][0]["data"] = base64.b64encode(proof).decode()
        if method == "header":
            result["header"]["app_hash"] = root.hex().upper()
        if method == "commit" and params["height"] != "2":
            result["signed_header"]["header"]["app_hash"] = root.hex().upper()

    return lie


async def test_a_forged_proof_convinces_only_who_takes_the_node_s_headers(
    liar: Liar, trust: Trust, tmp_path: Path
) -> None:
    """What the light client is for: proof and header both come from the node that lies."""
    stranger = generate()
    liar.lie = rich_lie(tmp_path / "forged", stranger.address)
    async with Client(liar.url) as believing:
        answer = await believing.query.account(stranger.address)
        assert (answer.value.balance, answer.verified) == (RICH, True)
    async with Client(liar.url, trust=trust) as light:
        with pytest.raises(HeaderInvalid, match="its commit is for another block; the header was altered"):
            await light.query.account(stranger.address)


def on(method: str, change: Callable[[dict[str, Any]], object]) -> Lie:
    """Change the answers to one method, except those about the trusted header itself."""

    def lie(asked: str, params: dict[str, Any], result: dict[str, Any]) -> None:
        if asked == method and params.get("height") != "2":
            change(result)

    return lie


LIES: dict[str, Lie] = {
    "value": on("abci_query", lambda result: result["response"].update(value="EAE=")),
    "no proof": on("abci_query", lambda result: result["response"].pop("proofOps", None)),
    "older height": on("abci_query", lambda result: result["response"].update(height="1")),
    "time": on(
        "commit", lambda result: result["signed_header"]["header"].update(time="2026-01-01T00:00:00Z")
    ),
    "chain": on("commit", lambda result: result["signed_header"]["header"].update(chain_id="other")),
    "no signature": on(
        "commit",
        lambda result: result["signed_header"]["commit"]["signatures"][0].update(signature="A" * 86 + "=="),
    ),
    "absent": on("commit", lambda result: result["signed_header"]["commit"]["signatures"][0].update(ABSENT)),
    "round": on("commit", lambda result: result["signed_header"]["commit"].update(round=7)),
    "power": on("validators", lambda result: result["validators"][0].update(voting_power="11")),
    "key": on(
        "validators",
        lambda result: result["validators"][0]["pub_key"].update(
            value=base64.b64encode(generate().public_key).decode()
        ),
    ),
}


@pytest.mark.parametrize("name", LIES)
async def test_every_lie_about_a_proven_record_is_noticed(liar: Liar, trust: Trust, name: str) -> None:
    liar.lie = LIES[name]
    async with Client(liar.url, trust=trust) as light:
        with pytest.raises(ProofInvalid):
            await light.query.params()
        liar.lie = None  # what was refused has left nothing behind
        assert (await light.query.params()).verified


async def test_a_node_of_another_chain_is_noticed(liar: Liar) -> None:
    async with Client(liar.url, trust=Trust(2, bytes(32))) as light:
        with pytest.raises(HeaderInvalid, match="the node is on another chain or lies"):
            await light.chain_id()


async def test_nobody_signs_for_a_chain_that_was_not_trusted(liar: Liar, trust: Trust) -> None:
    liar.lie = on("status", lambda result: result["node_info"].update(network="other"))
    async with Client(liar.url, trust=trust) as light:
        with pytest.raises(WrongChain, match="is a node of 'other', not of"):
            await light.chain_id()


async def test_a_payment_that_the_node_says_it_refused_is_made_once(
    client: Client, liar: Liar, trust: Trust, tmp_path: Path
) -> None:
    """A node that is believed gets it signed again, with the next sequence."""
    (alice,) = await people(client, tmp_path, ["alice"])
    stranger = generate().address
    wrong = {"code": 4, "codespace": "auth", "log": "the sequence is used"}
    liar.lie = on("broadcast_tx_sync", lambda result: result.update(wrong))
    async with Client(liar.url, trust=trust) as light:
        with pytest.raises(TxRefused, match="nothing is signed twice"):
            await light.send(alice.account, [messages.transfer(stranger, 5)])
    await client.blocks.until(await client.blocks.height() + 3)
    assert (await client.query.account(stranger)).value.balance == 5


# --- witnesses -----------------------------------------------------------------


async def test_a_witness_that_tells_of_another_chain_is_noticed(
    shared: RunningNode, liar: Liar, trust: Trust, tmp_path: Path
) -> None:
    async with Client(shared.rpc_url, trust=trust, witnesses=[liar.url]) as light:
        assert (await light.query.params()).verified
    liar.lie = on("header", lambda result: result["header"].update(app_hash="00" * 32))
    async with Client(shared.rpc_url, trust=trust, witnesses=[liar.url]) as light:
        with pytest.raises(Conflict, match="but the witness"):
            await light.query.params()
    node = ("--node", shared.rpc_url, "--trust", str(trust))
    told = await assay(tmp_path, *node, "--witness", shared.rpc_url, "--witness", liar.url, "query", "params")
    assert (told.returncode, "One of the two lies" in told.stderr) == (4, True)
    alone = await assay(tmp_path, *node, "--witness", shared.rpc_url, "query", "params")
    assert (alone.returncode, "; 1 witness has the same" in alone.stderr) == (0, True)


# --- the command -------------------------------------------------------------


async def assay(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", "from assay.client.cli import main; main()", *arguments]
    environment = {**os.environ, "ASSAY_HOME": str(home), "COLUMNS": "200"}
    return await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


async def test_the_command_follows_the_chain_too(liar: Liar, trust: Trust, tmp_path: Path) -> None:
    shown = await assay(tmp_path, "--node", liar.url, "--output", "json", "query", "header", "2")
    assert json.loads(shown.stdout)["trust"] == str(trust)
    assert not json.loads(shown.stdout)["verified"]
    node = ("--node", liar.url)
    believed = await assay(tmp_path, *node, "query", "params")
    assert "proven" in believed.stdout
    assert "trusted header" not in believed.stderr
    followed = await assay(tmp_path, *node, "--trust", str(trust), "query", "params")
    assert "what is proven follows from the trusted header 2, by the header" in followed.stderr
    assert (await assay(tmp_path, "config", "set", "trust", str(trust).lower())).returncode == 0
    assert "follows from the trusted header 2" in (await assay(tmp_path, *node, "query", "supply")).stderr

    liar.lie = LIES["time"]
    lied = await assay(tmp_path, *node, "query", "params")
    assert (lied.returncode, "Do not trust this node" in lied.stderr) == (4, True)
    liar.lie = None
    other = await assay(tmp_path, *node, "--trust", f"2:{'00' * 32}", "query", "params")
    assert (other.returncode, "the one given to trust" in other.stderr) == (4, True)
    wrong = await assay(tmp_path, *node, "--trust", "yesterday", "query", "params")
    assert (wrong.returncode, "expected HEIGHT:HASH" in wrong.stderr) == (2, True)
