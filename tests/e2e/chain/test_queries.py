"""What a client can know: proofs of existence and absence, simulation, search, subscriptions."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.e2e.chain import books
from tests.e2e.chain.people import ASY, Person, people
from tests.e2e.conftest import RunningNode
from tests.e2e.pages.newcomer import Newcomer
from tests.e2e.pages.page import docs
from tests.state.ics23_reference import PROGRAMS, Claim, reference_verdicts

from assay.client import Client, Event, NoSuchRecord, ProofInvalid, QueryRefused, TxRefused, messages
from assay.client.rpc import unb64
from assay.client.tx_results import parse_events
from assay.crypto.accounts import generate
from assay.proto.state_pb2 import Account
from assay.state.rules import errors, ics23, keys

pytestmark = pytest.mark.e2e


@pytest.fixture
async def alice(client: Client, tmp_path: Path) -> Person:
    return (await people(client, tmp_path, ["alice"]))[0]


# --- proofs ------------------------------------------------------------------


async def proven(client: Client, key: bytes, path: str = "") -> tuple[bytes, bytes, bytes]:
    """Ask as any program would: value, proof, and the app hash in the next block's header."""
    where = {"path": path, "data": ""} if path else {"path": "/store/key", "data": key.hex()}
    answer = await client.rpc.call("abci_query", **where, height="0", prove=True)
    response = answer["response"]
    (operation,) = response["proofOps"]["ops"]
    assert unb64(operation["key"]) == key
    header = await client.rpc.call("header", height=str(int(response["height"]) + 1))
    return unb64(response["value"]), unb64(operation["data"]), bytes.fromhex(header["header"]["app_hash"])


async def test_an_account_is_proven_against_the_next_header(client: Client, alice: Person) -> None:
    key = keys.account(alice.account.address)
    value, proof, app_hash = await proven(client, key)
    ics23.verify_membership(app_hash, key, value, proof)
    assert Account.FromString(value).balance == alice.begin
    richer = Account(balance=alice.begin + 1).SerializeToString()
    for wrong in ((app_hash, key, richer), (app_hash, keys.account(generate().address), value)):
        with pytest.raises(ics23.ProofError):
            ics23.verify_membership(*wrong, proof)
    height = int((await client.rpc.call("status"))["sync_info"]["latest_block_height"])
    await client.query.account(alice.address)  # the same through the SDK
    with pytest.raises(QueryRefused) as ahead:
        await client.query.account(alice.address, height=height + 1000)
    assert ahead.value.reason is errors.HeightNotKept


async def test_absence_is_proven_too(client: Client, alice: Person) -> None:
    stranger = generate().address
    value, proof, app_hash = await proven(client, keys.account(stranger))
    assert value == b""
    ics23.verify_non_membership(app_hash, keys.account(stranger), proof)
    with pytest.raises(ics23.ProofError):  # nobody can be made to disappear with it
        ics23.verify_non_membership(app_hash, keys.account(alice.account.address), proof)
    with pytest.raises(NoSuchRecord) as missing:
        await client.query.round(10**6)
    assert missing.value.verified


async def test_proofs_by_path_convince_the_implementations_in_go_and_rust(
    client: Client, alice: Person
) -> None:
    stranger = generate()
    claims = []
    for who in (alice.account, stranger):
        path, key = f"/account/{who.address_text}", keys.account(who.address)
        value, proof, app_hash = await proven(client, key, path)
        claims.append(Claim(app_hash, key, value or None, proof))
    value, proof, app_hash = await proven(client, keys.PARAMS, "/params")
    claims.append(Claim(app_hash, keys.PARAMS, value, proof))
    wrong = [claim._replace(root=bytes(32)) for claim in claims]
    for language in PROGRAMS:
        assert reference_verdicts([*claims, *wrong], language) == [True] * 3 + [False] * 3
    listed = await client.path.page("/account")
    assert listed.verified
    assert dict(listed.value.records)[f"/account/{alice.address}"] == Account(balance=alice.begin)


def test_what_the_page_says_of_paths_can_be_typed(
    shared: RunningNode, repository: Path, tmp_path: Path
) -> None:
    curl, query = docs(repository, "rpc.md").commands("Reading")
    newcomer = Newcomer(tmp_path, {"http://127.0.0.1:26657": shared.rpc_url})
    answer = json.loads(newcomer.type(curl))
    assert answer["result"]["response"]["proofOps"]["ops"][0]["type"] == ics23.PROOF_OP_TYPE
    shown = newcomer.type(query)
    assert "max_tx_bytes" in shown
    assert "proven" in shown


async def test_a_header_of_another_height_proves_nothing(
    client: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await alice.send(client, messages.transfer(generate().address, 1))
    true = client.query.reader._app_hash

    async def old(height: int, *, latest: bool) -> bytes:
        return await true(height - 3, latest=latest)

    monkeypatch.setattr(client.query.reader, "_app_hash", old)
    with pytest.raises(ProofInvalid, match="Do not trust this node"):
        await client.query.account(alice.address)


# --- simulation --------------------------------------------------------------


async def test_a_simulation_says_what_the_block_will_do(client: Client, alice: Person) -> None:
    parts = [messages.transfer(generate().address, 1) for _ in range(5)]
    foreseen = await client.simulate(alice.account.public_key, parts)
    assert foreseen.code == 0
    before = (await client.query.latest_account(alice.address)).value
    result = await alice.send(client, *parts)
    assert foreseen.gas_used <= result.gas_used <= result.gas_wanted
    assert before.balance == alice.begin  # the simulation changed nothing

    too_much = [messages.transfer(generate().address, 1000 * ASY)]
    refused = await client.simulate(alice.account.public_key, too_much)
    code = (errors.InsufficientFunds.codespace, errors.InsufficientFunds.code)
    assert (refused.codespace, refused.code) == code
    with pytest.raises(TxRefused, match="are needed"):
        await client.send(alice.account, too_much)


# --- history -----------------------------------------------------------------


async def test_an_account_s_history_is_found_and_followed(client: Client, alice: Person) -> None:
    bob = generate()
    query = f"tm.event='Tx' AND transfer.recipient='{bob.address_text}'"
    async with client.subscriptions.open(query) as stream:
        sent = [await alice.send(client, messages.transfer(bob.address, amount)) for amount in (3, 4)]
        heard = [await asyncio.wait_for(anext(stream), 30) for _ in sent]
    results = [item["data"]["value"]["TxResult"] for item in heard]
    assert [int(result["height"]) for result in results] == [result.height for result in sent]
    assert [_amounts(parse_events(result["result"]["events"])) for result in results] == [[3], [4]]

    for query in (f"transfer.recipient='{bob.address_text}'", f"tx.sender='{alice.address}'"):
        found = [(height, _amounts(events)) async for height, events in books.transactions(client, query)]
        assert found == [(sent[0].height, [3]), (sent[1].height, [4])]
    poured = [
        height async for height, _ in books.transactions(client, f"transfer.recipient='{alice.address}'")
    ]
    assert len(poured) == 1


def _amounts(events: tuple[Event, ...]) -> list[int]:
    return [int(event.attributes["amount"]) for event in events if event.kind == "transfer"]


async def test_a_hostile_query_gets_a_code_and_the_node_goes_on(client: Client) -> None:
    asked = {
        "no path": ("", b"", errors.UnknownPath),
        "unknown path": ("/nothing", b"", errors.UnknownPath),
        "empty key": ("/store/key", b"", errors.BadQuery),
        "long key": ("/store/key", bytes(129), errors.BadQuery),
        "malformed page": ("/store/range", b"\xff\xff", errors.BadQuery),
        "no digest": ("/bulk", b"r", errors.BadQuery),
        "bytes nobody has": ("/bulk", b"r" + bytes(40), errors.NotFound),
    }
    for name, (path, data, reason) in asked.items():
        with pytest.raises(QueryRefused) as refused:
            await client.query.reader.raw(path, data)
        assert refused.value.reason is reason, name
    garbage = await client.query.reader.raw("/simulate", b"\x0a\xff\xff\xff")
    assert garbage.value
    height = await client.blocks.height()
    assert await client.blocks.until(height + 2) >= height + 2
