"""Records and lists by path, at a node that may lie."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from tests.client.devnode import ALICE, BALANCE, BOB, CAROL, DevNode

from assay.client import BadResponse, Client, NoSuchRecord, ProofInvalid, QueryRefused, paths
from assay.client.sync import Client as BlockingClient
from assay.crypto.accounts import generate
from assay.proto.query_pb2 import Page
from assay.proto.state_pb2 import Account, Params
from assay.state.rules import keys


async def test_a_record_is_proven_by_path(url: str) -> None:
    async with Client(url) as client:
        answer = await client.path.record(f"/account/{ALICE.address_text}")
        assert (answer.value, answer.verified) == (Account(balance=BALANCE), True)
        at_two = await client.path.record("/params", height=1)
        assert isinstance(at_two.value, Params)
        assert at_two.height == 1
        with pytest.raises(NoSuchRecord, match=r"nothing at /round/9.*proven") as missing:
            await client.path.record("/round/9")
        assert missing.value.verified


async def test_each_record_of_a_list_is_proven(url: str) -> None:
    async with Client(url) as client:
        whole = await client.path.page("/account", height=1)
        held = dict(whole.value.records)
        assert all(held[f"/account/{who.address_text}"].balance == BALANCE for who in (ALICE, BOB, CAROL))  # type: ignore[union-attr]
        assert (whole.verified, whole.value.next) == (True, b"")
        first = await client.path.page("/account", limit=1, height=1)
        rest = await client.path.page("/account", start=first.value.next, height=first.height)
        assert first.value.records + rest.value.records == whole.value.records
        assert (await client.path.page("/round")).value.records == ()
    async with Client(url, verify=False) as client:
        assert not (await client.path.page("/account")).verified
        assert not (await client.path.record("/params")).verified


def spoiled(change: Any) -> Any:
    """Change the page that a node answers."""

    def spoil(method: str, result: dict[str, Any]) -> dict[str, Any]:
        response = result.get("response", {})
        if method != "abci_query" or response.get("key") or not response.get("value"):
            return result
        try:
            page = Page.FromString(base64.b64decode(response["value"]))
        except DecodeError:
            return result  # another message
        change(page)
        value = base64.b64encode(page.SerializeToString()).decode()
        return {"response": response | {"value": value}}

    return spoil


@pytest.mark.parametrize(
    "change",
    [
        lambda page: setattr(page.entries[0], "key", keys.round_(1)),
        lambda page: setattr(page.entries[0], "key", page.entries[1].key),
        lambda page: setattr(page.entries[0], "key", page.entries[0].key + b"x"),
        lambda page: setattr(page, "next", page.entries[0].key),
        lambda page: setattr(page.entries[0], "key", keys.account(bytes(20))),  # proven to be absent
    ],
)
async def test_keys_that_do_not_belong_to_the_list_are_noticed(url: str, node: DevNode, change: Any) -> None:
    node.spoil = spoiled(change)
    async with Client(url) as client:
        with pytest.raises(BadResponse, match=r"do not belong to it|proven to be absent"):
            await client.path.page("/account")


async def test_values_are_those_proven_and_not_those_listed(url: str, node: DevNode) -> None:
    node.spoil = spoiled(lambda page: setattr(page.entries[0], "value", b"\x10\x01"))
    async with Client(url) as client:
        listed = await client.path.page("/account")
    assert all(record != Account(balance=1) for _, record in listed.value.records)


async def test_a_node_cannot_answer_for_another_path(url: str, node: DevNode) -> None:
    def swap(method: str, result: dict[str, Any]) -> dict[str, Any]:
        if method == "abci_query":
            result["response"]["value"] = base64.b64encode(b"\x10\x01").decode()
        return result

    node.spoil = swap
    async with Client(url) as client:
        with pytest.raises(ProofInvalid):
            await client.path.record(f"/account/{generate().address_text}")


async def test_wrong_paths_are_refused_here_as_by_the_node(url: str, node: DevNode) -> None:
    async with Client(url) as client:
        for path in ("/nothing", "/round/x"):
            with pytest.raises(QueryRefused):
                await client.path.record(path)
        with pytest.raises(QueryRefused, match="/round is a list, its kind is /round/<round>"):
            await client.path.record("/round")
        with pytest.raises(QueryRefused, match="/round/1 is one record"):
            await client.path.page("/round/1")
        assert "abci_query" not in node.calls
        with pytest.raises(QueryRefused, match="cannot be answered"):
            await client.path.page("/round", height=10**6)


def test_the_blocking_client_has_paths_too(url: str) -> None:
    with BlockingClient(url) as client:
        assert client.path.record("/params").verified


async def test_pages_that_lead_nowhere_are_not_followed(url: str, node: DevNode) -> None:
    def endless(page: Page) -> None:
        start = max(page.next, keys.account(bytes(20)))
        del page.entries[:]
        page.next = start + b"x"

    node.spoil = spoiled(endless)
    async with Client(url) as client:
        with pytest.raises(BadResponse, match="out of order"):
            await client.path.entries("/account", 1)


async def test_a_list_longer_than_memory_is_not_read(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "_MOST_AT_ONCE", 1)
    async with Client(url) as client:
        assert len(await client.path.entries("/account", 1)) > 3
        monkeypatch.setattr(paths, "_MOST_LISTED", 100)
        with pytest.raises(BadResponse, match="read it page by page"):
            await client.path.entries("/account", 1)
