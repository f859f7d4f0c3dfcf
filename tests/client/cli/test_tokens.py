"""``assay tx``, ``assay faucet``, ``assay query`` against a chain."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from tests.client.devnode import BALANCE, BOB

Run = Callable[..., Result]
Call = Callable[..., Any]


@pytest.fixture
def alice(call: Call) -> str:
    """A key with 100 ASY."""
    address: str = call("keys", "add", "alice")["address"]
    call("faucet", "alice")
    return address


def test_the_faucet_fills_a_key(call: Call, alice: str) -> None:
    call("faucet", alice, "2.5asy")
    heights = [row["height"] for row in call("tx", "history", "alice")["transactions"]]
    assert heights == []  # it has sent nothing itself


@pytest.mark.usefixtures("alice")
def test_tokens_are_sent_to_an_address_or_a_key(call: Call, run: Run, url: str) -> None:
    call("keys", "add", "carol")
    sent = call("tx", "send", BOB.address_text, "1asy", "--from", "alice", "--memo", "rent")
    call("tx", "send", "carol", "7", "--from", "alice")
    assert call("tx", "show", sent["hash"])["height"] == sent["height"]
    text = run("--node", url, "tx", "history", "carol").stdout
    assert text == f"no transactions sent by {call('keys', 'show', 'carol')['address']}, as the node says\n"
    history = call("tx", "history", "alice")
    assert history["total"] == 2
    assert "2 transactions sent by" in run("--node", url, "tx", "history", "alice").stdout
    assert (
        "page should be within [1, 1]" in run("--node", url, "tx", "history", "alice", "--page", "2").stderr
    )
    assert history["transactions"][1]["hash"] == sent["hash"]
    text = run("--node", url, "tx", "show", sent["hash"], "--wait", "1").stdout
    assert f"recipient={BOB.address_text}" in text


def test_queries_are_proven(call: Call, run: Run, url: str, alice: str) -> None:
    call("tx", "show", call("tx", "send", BOB.address_text, "5", "--from", "alice")["hash"], "--wait", "1")
    chain = call("query", "chain")
    while call("query", "chain")["provable_height"] <= chain["height"]:
        pass
    answer = call("query", "account", BOB.address_text)
    assert (answer["verified"], answer["value"]["balance"]) == (True, BALANCE + 5)
    assert "proven" in run("--node", url, "query", "account", alice).stdout
    assert "1 transaction sent by" in run("--node", url, "tx", "history", "alice").stdout
    assert re.search(r"│ development +│ yes ", run("--node", url, "query", "params").stdout)
    sets = run("--node", url, "query", "path", "/validator-sets").stdout
    assert "first_height: 1" in sets
    assert "{" not in sets  # records within records are lines, not Python
    assert call("query", "params")["value"]["preset"] == "small"
    assert call("query", "supply")["verified"]
    assert call("query", "faults") == {"faults": [], "suspensions": []}
    assert "no committee member has done wrong" in run("--node", url, "query", "faults").stdout
    assert "key_note" not in run("--node", url, "query", "chain").stdout or call("query", "chain")["key_note"]


@pytest.mark.usefixtures("alice")
def test_a_dry_run_sends_nothing(call: Call, run: Run, url: str) -> None:
    body = call("--dry-run", "tx", "send", BOB.address_text, "1asy")["body"]
    assert body["messages"] == [{"transfer": {"recipient": BOB.address_text, "amount": 1_000_000}}]
    assert body["fee"] > 0
    call("--dry-run", "faucet", "alice")
    assert call("tx", "history", "alice")["total"] == 0
    assert "Nothing was sent" in run("--node", url, "--dry-run", "tx", "send", BOB.address_text, "1").stdout


@pytest.mark.usefixtures("alice")
def test_sending_asks_first(run: Run, url: str) -> None:
    result = run("--node", url, "tx", "send", BOB.address_text, "1asy")
    assert result.exit_code == 2
    assert "--yes" in result.stderr


@pytest.mark.usefixtures("alice")
def test_a_refusal_is_exit_code_1_with_its_code(run: Run, url: str) -> None:
    result = run("--node", url, "--yes", "tx", "send", BOB.address_text, "1000000asy")
    assert result.exit_code == 1
    assert "(code bank 1)" in result.stderr
    result = run("--node", url, "--yes", "--output", "json", "tx", "send", BOB.address_text, "1000000asy")
    assert '"reason": "InsufficientFunds"' in result.stderr


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["tx", "send", "assay1nobody", "1"], 2, "not an address"),
        (["tx", "send", BOB.address_text, "lots"], 2, "not an amount"),
        (["tx", "show", "12"], 2, "32 bytes"),
        (["tx", "show", "00" * 32], 1, "index has no transaction"),
        (["query", "round", "5"], 1, "no round 5"),
        (["query", "contribution", "5", BOB.address_text], 1, "no contribution in round 5"),
        (["query", "key", "9"], 1, "no committee key 9"),
        (["query", "account", "dave"], 2, "'dave' is neither a key of"),
        (["query", "account", "alice "], 2, "is neither a key of"),
        (["tx", "history", "bob", "--page", "2"], 2, "`assay keys list` shows the keys"),
        (["bounty", "show", "5"], 1, "no round 5"),
        (["explain", "5"], 1, "no round 5"),
        (["model", "show", "00" * 32], 1, "no model"),
        (["bounty", "cancel", "5", "--from", "alice"], 1, "no round 5"),
    ],
)
def test_what_is_wrong_gets_a_sentence_and_a_code(
    run: Run, url: str, words: list[str], code: int, reason: str
) -> None:
    result = run("--node", url, "--yes", *words)
    assert result.exit_code == code
    assert reason in result.stderr


@pytest.mark.usefixtures("alice")
def test_the_signer_is_the_only_key_or_the_one_set(call: Call, run: Run, url: str) -> None:
    call("tx", "send", BOB.address_text, "1")  # the only key
    call("keys", "add", "carol")
    result = run("--node", url, "--yes", "tx", "send", BOB.address_text, "1")
    assert result.exit_code == 5
    assert "--from" in result.stderr
    call("config", "set", "key", "alice")
    call("tx", "send", BOB.address_text, "1")
    assert call("tx", "history", "alice")["total"] == 2


def test_without_any_key_it_says_how_to_make_one(run: Run, url: str) -> None:
    result = run("--node", url, "--yes", "tx", "send", BOB.address_text, "1")
    assert result.exit_code == 5
    assert "assay keys add" in result.stderr
