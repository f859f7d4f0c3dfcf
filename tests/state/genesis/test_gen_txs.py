"""Transactions of a genesis: what they must be, and what of them counts."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from tests import founding
from tests.state.conftest import CHAIN_ID, transfer
from tests.state.genesis.conftest import Write

from assay.crypto.accounts import sign_tx
from assay.node.gentx import founders_tx, gen_tx, validator_keys
from assay.proto.tx_pb2 import Message, TxBody
from assay.state.genesis import BadGenesis, gen_txs
from assay.state.genesis.gen_txs import to_document

ONE, TWO = founding.founder(0), founding.founder(1, 2 * founding.STAKE)


def signed(*messages: Message, **fields: Any) -> dict[str, Any]:
    body = TxBody(messages=messages, **fields).SerializeToString(deterministic=True)
    return to_document(sign_tx(ONE.operator, CHAIN_ID, body))


def create() -> Message:
    raw = founders_tx(ONE, CHAIN_ID, 1_000_000)
    return gen_txs.read(to_document(raw), CHAIN_ID).body.messages[0]


def test_a_document_is_read_as_it_was_signed() -> None:
    raw = founders_tx(ONE, CHAIN_ID, 1_000_000)
    tx = gen_txs.read(to_document(raw), CHAIN_ID)
    assert (tx.sender, tx.verify()) == (ONE.operator.address, True)
    assert gen_txs.message_of(tx).amount == ONE.stake


@pytest.mark.parametrize("name", ["Łódź 检验 🚀", "<b>&amp;</b>\u2028", "0", ""])
def test_names_survive_the_json_of_other_programs(name: str) -> None:
    raw = founders_tx(replace(ONE, moniker=name), CHAIN_ID, 1_000_000)
    assert gen_txs.read(to_document(raw), CHAIN_ID).verify()


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (signed(), "do not begin as a transaction"),
        (signed(create(), create()), "exactly one message"),
        (signed(transfer(TWO.operator.address, 1)), "exactly one message"),
        (signed(create(), sequence=1), "must be 0"),
        (signed(create(), fee=1), "must be 0"),
        (signed(create(), gas_limit=1), "must be 0"),
        (signed(create(), timeout_height=1), "must be 0"),
        (signed(create(), memo="m" * 257), "more than 256 bytes"),
        (signed(create()) | {"more": 1}, "exactly the fields body, public_key, signature"),
        (signed(create()) | {"body": []}, "body must be an object"),
        (signed(create()) | {"body": {"unknown": 1}}, "unknown field"),
        (signed(create()) | {"body": {"messages": [{"create_validator": {"amount": 0.5}}]}}, "wrong type"),
        (signed(create()) | {"body": {"memo": "\ud800"}}, "wrong type"),
        (signed(create()) | {"signature": 7}, "signature must be base64"),
        (signed(create()) | {"public_key": "AA=="}, "a public key has 32 bytes"),
        ([], "must be an object"),
    ],
)
def test_what_is_no_transaction_of_a_genesis_is_refused(document: Any, sentence: str) -> None:
    with pytest.raises(BadGenesis, match=sentence):
        gen_txs.read(document, CHAIN_ID)


def test_a_transaction_of_another_chain_is_refused(write: Write, app_state: Any) -> None:
    app_state["gen_txs"][1] = to_document(founders_tx(TWO, "other", 1_000_000))
    with pytest.raises(BadGenesis, match=r"gen_txs\[1\]: the signature does not match"):
        write(app_state)


def test_what_somebody_changed_afterwards_is_refused(write: Write, app_state: Any) -> None:
    message = app_state["gen_txs"][0]["body"]["messages"][0]["create_validator"]
    message["commission_rate"] = 0
    with pytest.raises(BadGenesis, match=r"gen_txs\[0\]: the signature does not match"):
        write(app_state)


def test_keys_of_somebody_else_are_refused(write: Write, app_state: Any) -> None:
    keys = validator_keys(ONE.consensus_key, ONE.committee_key, CHAIN_ID, TWO.operator.address)
    stolen = gen_tx(ONE.operator, keys, create().create_validator)
    app_state["gen_txs"][0] = to_document(stolen)
    with pytest.raises(BadGenesis, match=r"gen_txs\[0\]: .*proof"):
        write(app_state)


def test_more_than_the_account_holds_is_refused(write: Write, app_state: Any) -> None:
    app_state["gen_txs"][0] = to_document(founders_tx(replace(ONE, stake=ONE.stake + 1), CHAIN_ID, 1_000_000))
    with pytest.raises(BadGenesis, match=r"gen_txs\[0\]: .* uasy are needed"):
        write(app_state)


@pytest.mark.parametrize("same", ["operator", "consensus_key"])
def test_a_validator_comes_in_once(write: Write, app_state: Any, same: str) -> None:
    other = replace(TWO, **{same: getattr(ONE, same)}, stake=1_000_000)
    app_state["accounts"].append({"address": other.operator.address_text, "balance": "5000000"})
    accounts = {entry["address"]: entry for entry in app_state["accounts"]}
    accounts[other.operator.address_text]["balance"] = str(10 * founding.STAKE)
    app_state["accounts"] = list(accounts.values())
    app_state["gen_txs"][1] = to_document(founders_tx(other, CHAIN_ID, 1_000_000))
    with pytest.raises(BadGenesis, match=r"gen_txs\[1\]: "):
        write(app_state)


def test_keys_are_legible_in_a_genesis(app_state: Any) -> None:
    message = app_state["gen_txs"][0]["body"]["messages"][0]["create_validator"]
    assert base64.b64decode(message["public_key"]) == ONE.consensus_key.public_key
