"""Typed queries of proof of stake, at a node that may lie."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from tests import founding
from tests.client.devnode import ALICE, BOB, DevNode

from assay.client import Client, NoSuchRecord, ProofInvalid, TxRefused, messages
from assay.crypto.accounts import encode_address
from assay.proto.query_pb2 import Page
from assay.state.rules.params import default_params

FIRST = founding.founder(0)
OPERATOR = FIRST.operator.address
OWN = default_params(development=True).min_seat_stake


async def done(client: Client, account: Any, *asked: Any) -> int:
    """Send messages; return the height of their block once it can be proven."""
    result = await (await client.send(account, asked)).wait()
    await client.blocks.until(result.height + 1)
    return result.height


def without(node: DevNode, change: Callable[[Page], None]) -> None:
    """Have the node change every list it answers."""

    def spoil(method: str, result: dict[str, Any]) -> dict[str, Any]:
        response = result.get("response", {})
        if method != "abci_query" or response.get("key") or not response.get("value"):
            return result
        page = Page.FromString(base64.b64decode(response["value"]))
        if not page.entries or not page.entries[0].path:
            return result  # another message
        change(page)
        return {"response": response | {"value": base64.b64encode(page.SerializeToString()).decode()}}

    node.spoil = spoil


async def test_what_is_computed_here_is_what_the_chain_pays(url: str) -> None:
    async with Client(url) as client:
        await done(client, ALICE, messages.delegate(OPERATOR, 7_654_321))
        await done(client, BOB, messages.delegate(encode_address(OPERATOR), 1_000_003))
        sent = await client.send(ALICE, [messages.withdraw_reward(OPERATOR)])
        result = await sent.wait()
        (paid,) = [event for event in result.events if event.kind == "withdraw_rewards"]
        held = await client.staking.delegation(ALICE.address, OPERATOR, height=result.height - 1)
        assert held.verified
        assert int(paid.attributes["amount"]) == held.value.reward > 0
        assert held.value.tokens == 7_654_321
        assert held.value.ratio == (7_654_321, 7_654_321 + 1_000_003 + OWN)


async def test_every_record_is_proven(url: str) -> None:
    async with Client(url) as client:
        await done(client, ALICE, messages.delegate(OPERATOR, 5_000_000))
        height = await done(client, ALICE, messages.undelegate(OPERATOR, 2_000_000))
        answers = (
            await client.staking.validators(),
            await client.staking.delegations(ALICE.address),
            await client.staking.delegations_to(OPERATOR),
            await client.staking.unbonding(ALICE.address_text),
            await client.staking.redelegations(ALICE.address),
            await client.staking.rewards(OPERATOR),
            await client.staking.slashes(),
            await client.staking.pool(),
            await client.staking.community_pool(),
        )
        assert all(answer.verified and answer.height >= height for answer in answers)
        (entry,) = answers[3].value
        assert (entry.created, entry.initial, entry.validator) == (height, 2_000_000, OPERATOR)
        assert answers[7].value.not_bonded == 2_000_000
        assert await client.staking.operator_of(FIRST.consensus_key.address) == OPERATOR
    async with Client(url, verify=False) as client:
        assert not (await client.staking.delegations_to(OPERATOR)).verified


async def test_a_node_that_hides_a_delegation_is_found_out(url: str, node: DevNode) -> None:
    async with Client(url) as client:
        await done(client, ALICE, messages.delegate(OPERATOR, 5_000_000))
        assert len((await client.staking.delegations_to(OPERATOR)).value) == 2
        without(node, lambda page: page.entries.__delitem__(0))
        with pytest.raises(ProofInvalid, match="the node listed delegations of"):
            await client.staking.delegations_to(OPERATOR)


async def test_a_node_that_hides_a_validator_of_the_set_is_found_out(url: str, node: DevNode) -> None:
    async with Client(url) as client:
        without(node, lambda page: page.entries.__delitem__(0))
        with pytest.raises(ProofInvalid, match="listed bonded validators with 0 uasy"):
            await client.staking.validators()


async def test_a_record_that_is_listed_and_not_there_is_found_out(url: str, node: DevNode) -> None:
    def invent(page: Page) -> None:
        entry = page.entries.add()
        entry.CopyFrom(page.entries[0])
        entry.key = page.entries[0].key[:1] + b"\xff" * 20

    async with Client(url) as client:
        without(node, invent)
        with pytest.raises(ProofInvalid, match="that are not there after block"):
            await client.staking.validators()


async def test_what_is_not_there_is_proven_to_be_absent(url: str) -> None:
    async with Client(url) as client:
        for read in (
            client.staking.validator(ALICE.address),
            client.staking.delegation(ALICE.address, OPERATOR),
            client.staking.operator_of(bytes(20)),
        ):
            with pytest.raises(NoSuchRecord, match="proven") as missing:
                await read
            assert missing.value.verified
        assert (await client.staking.delegations(ALICE.address)).value == []
        assert (await client.staking.withdraw_address(ALICE.address)).value == ALICE.address


async def test_a_refusal_says_what_is_not_there(url: str) -> None:
    async with Client(url) as client:
        await done(client, ALICE, messages.delegate(OPERATOR, 5_000_000))
        with pytest.raises(TxRefused, match="no validator of this operator"):
            await client.send(ALICE, [messages.redelegate(OPERATOR, BOB.address, 1_000_000)])
        with pytest.raises(TxRefused, match="unbonding 9 from this validator"):
            await client.send(ALICE, [messages.cancel_unbonding(OPERATOR, 9, 1)])
