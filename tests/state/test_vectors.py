"""Formats that do not change: keys of the store, and vote extensions, as other programs can check them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.crypto import accounts
from assay.proto.state_pb2 import Validator, ValidatorSet, ValidatorSets
from assay.proto.tx_pb2 import CommitExtensions, MemberExtension, ShareRun, VoteExtension
from assay.state import extensions
from assay.state.envelope import decode_extensions
from assay.state.overlay import Overlay
from assay.state.rules import keys

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "state.json").read_text(encoding="utf-8")
)
SINGLE = {
    "Params": keys.PARAMS,
    "Supply": keys.SUPPLY,
    "KeyPool": keys.KEY_POOL,
    "Counters": keys.COUNTERS,
    "ValidatorSets": keys.VALIDATOR_SETS,
}


def _address(item: dict[str, Any]) -> bytes:
    return bytes.fromhex(item["address"])


KEYS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "Account": lambda item: keys.account(_address(item)),
    "ModelRecord": lambda item: keys.model(bytes.fromhex(item["model"])),
    "Round": lambda item: keys.round_(item["round"]),
    "Contribution": lambda item: keys.contribution(item["round"], _address(item)),
    "Key": lambda item: keys.committee_key(item["key_id"]),
    "Opening": lambda item: keys.opening(item["opening"]),
    "Decided": lambda item: keys.decided(item["opening"]),
    "MaskUse": lambda item: keys.mask(item["key_id"], bytes.fromhex(item["name"])),
    "SlotRecord": lambda item: keys.slot(item["key_id"], item["phase"], item["member"], item["number"]),
    "Fault": lambda item: keys.fault(_address(item), item["key_id"], item["kind"]),
    "Suspension": lambda item: keys.suspension(_address(item)),
}


@pytest.mark.parametrize("item", VECTORS["store_keys"], ids=lambda item: item["record"])
def test_a_record_lies_under_its_key(item: dict[str, Any]) -> None:
    found = KEYS[item["record"]](item) if item["record"] in KEYS else SINGLE[item["record"]]
    assert found.hex() == item["key"]


def test_accounts_of_the_chain_itself_have_fixed_addresses() -> None:
    fees, escrow = VECTORS["module_accounts"]
    assert keys.FEE_COLLECTOR.hex() == fees["address"]
    assert keys.escrow(escrow["round"]).hex() == escrow["address"]


@pytest.mark.parametrize("item", VECTORS["extensions"], ids=lambda item: f"round {item['round']}")
def test_a_vote_extension_has_one_encoding_and_signature(memory: Any, item: dict[str, Any]) -> None:
    account = accounts.from_seed(bytes.fromhex(item["seed"]))
    runs = [
        ShareRun(first=run["first"], shares=b"".join(int(s).to_bytes(16, "little") for s in run["shares"]))
        for run in item["runs"]
    ]
    extension = VoteExtension(version=1, runs=runs).SerializeToString(deterministic=True)
    signed = extensions.sign_bytes(item["chain_id"], item["height"], item["round"], extension)
    member = MemberExtension(
        validator=account.address, extension=extension, signature=bytes.fromhex(item["signature"])
    )
    injected = CommitExtensions(height=item["height"], round=item["round"], members=[member])
    assert extension.hex() == item["extension"]
    assert signed.hex() == item["sign_bytes"]
    assert account.sign(signed).hex() == item["signature"]
    assert injected.SerializeToString(deterministic=True).hex() == item["injected"]

    view = Overlay(memory)
    validator = Validator(address=account.address, public_key=account.public_key, power=1)
    view.save(keys.VALIDATOR_SETS, ValidatorSets(sets=[ValidatorSet(first_height=1, validators=[validator])]))
    decoded = decode_extensions(bytes.fromhex(item["injected"]), 1 << 20)
    ((author, found),) = extensions.verify(view, item["chain_id"], item["height"] + 1, item["round"], decoded)
    assert author == account.address
    assert list(found.runs) == runs
