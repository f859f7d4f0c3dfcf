"""Formats that do not change: keys of the store, and vote extensions, as other programs can check them."""

from __future__ import annotations

import json
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
    "Committee": keys.COMMITTEE,
    "KeyPool": keys.KEY_POOL,
    "Counters": keys.COUNTERS,
    "ValidatorSets": keys.VALIDATOR_SETS,
}


def key_of(item: dict[str, Any]) -> bytes:
    address = bytes.fromhex(item.get("address", ""))
    match item["record"]:
        case "Account":
            return keys.account(address)
        case "ModelRecord":
            return keys.model(bytes.fromhex(item["model"]))
        case "Round":
            return keys.round_(item["round"])
        case "Contribution":
            return keys.contribution(item["round"], address)
        case "Key":
            return keys.committee_key(item["key_id"])
        case "Opening":
            return keys.opening(item["opening"])
        case "SlotRecord":
            return keys.slot(item["key_id"], item["phase"], item["member"], item["number"])
        case "Fault":
            return keys.fault(address, item["key_id"], item["kind"])
        case "Suspension":
            return keys.suspension(address)
        case single:
            return SINGLE[single]


@pytest.mark.parametrize("item", VECTORS["store_keys"], ids=lambda item: item["record"])
def test_a_record_lies_under_its_key(item: dict[str, Any]) -> None:
    assert key_of(item).hex() == item["key"]


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
