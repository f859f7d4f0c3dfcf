"""``assay stake`` and the queries of proof of stake, against a chain."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from tests import founding
from tests.client import devnode
from tests.state.conftest import CHAIN_ID

from assay.crypto.accounts import decode_address, encode_address, from_seed
from assay.node.gentx import validator_keys

Run = Callable[..., Result]
Call = Callable[..., Any]

FIRST = founding.founder(0).operator.address_text
CONSENSUS = founding.founder(0).consensus_key.address.hex()


@pytest.fixture
def alice(call: Call) -> str:
    """A key with 100 ASY."""
    address: str = call("keys", "add", "alice")["address"]
    call("faucet", "alice")
    return address


@pytest.fixture
def keys_file(alice: str, tmp_path: Path) -> str:
    """What `assayd show-validator` prints for alice."""
    consensus, committee = from_seed(b"\x77" * 32), from_seed(b"\x78" * 32)
    keys = validator_keys(consensus, committee, CHAIN_ID, decode_address(alice))
    path = tmp_path / "validator.json"
    path.write_text(json.dumps(keys.document()))
    return str(path)


def show(run: Run, url: str, *arguments: str) -> str:
    result = run("--node", url, "--yes", *arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def balance(call: Call, name: str) -> int:
    return int(call("query", "account", name)["value"]["balance"])


def wait(condition: Callable[[], Any]) -> Any:
    for _ in range(300):
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come to pass")


# --- a delegator -----------------------------------------------------------------


def test_stake_goes_in_earns_and_comes_back(call: Call, run: Run, url: str, alice: str) -> None:
    assert "none" in show(run, url, "query", "delegations", "alice")
    call("stake", "delegate", FIRST, "10asy", "--memo", "a start")
    held = call("query", "delegations", alice)
    assert held["verified"]
    (item,) = held["value"]
    assert (item["tokens"], item["shares"], item["validator"]) == (10_000_000, "10000000", FIRST)
    wait(lambda: call("query", "rewards", "alice")["value"]["total"])

    before = balance(call, "alice")
    paid = call("stake", "withdraw-rewards")
    amount = sum(int(event["amount"]) for event in paid["events"] if event["kind"] == "withdraw_rewards")
    assert amount > 0
    assert before + amount - 1_000 < balance(call, "alice") < before + amount  # the fee

    told = show(run, url, "stake", "undelegate", CONSENSUS, "4asy")
    assert f"undelegated 4 ASY from validator 0 ({FIRST}), in block" in told
    assert "; it is free at height" in told
    (entry,) = call("query", "unbonding", "alice")["value"]
    assert (entry["balance"], entry["validator"]) == (4_000_000, FIRST)
    call("stake", "cancel-unbonding", str(entry["id"]), "1asy")
    assert call("query", "unbonding", "alice")["value"][0]["balance"] == 3_000_000
    assert "3 ASY" in show(run, url, "query", "unbonding", "alice")
    call("stake", "undelegate", FIRST, "all")
    assert call("query", "delegations", "alice")["value"] == []
    wait(lambda: call("query", "unbonding", "alice")["value"] == [])
    assert balance(call, "alice") > 99_000_000


@pytest.fixture
def one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a transaction have one message; to be used before the chain begins."""
    monkeypatch.setitem(devnode._PARAMS, "max_messages", 1)


@pytest.mark.usefixtures("one_message", "alice")
def test_of_more_delegations_than_messages_those_that_earned_most_come_first(
    call: Call, run: Run, url: str, keys_file: str
) -> None:
    call("stake", "create-validator", keys_file, "--moniker", "mine", "--amount", "40asy")
    call("stake", "delegate", FIRST, "1asy")

    def own_earned_most() -> bool:
        earned = call("query", "rewards", "alice")["value"]["rewards"]
        return bool(0 < earned[FIRST] < max(earned.values()))

    wait(own_earned_most)
    told = show(run, url, "stake", "withdraw-rewards")
    assert "; 1 of 2 delegations are left, withdraw again" in told
    result = run("--node", url, "--yes", "--output", "json", "stake", "withdraw-rewards", FIRST)
    assert "are left" not in result.stderr
    assert FIRST in {event.get("validator") for event in json.loads(result.stdout)["events"]}


@pytest.mark.usefixtures("alice")
def test_rewards_can_go_to_another_account(call: Call, run: Run, url: str) -> None:
    other = call("keys", "add", "savings")["address"]
    call("stake", "set-withdraw-address", "savings", "--from", "alice")
    call("stake", "delegate", FIRST, "10asy", "--from", "alice")
    assert f"paid to {other}" in show(run, url, "query", "rewards", "alice")
    wait(lambda: call("query", "rewards", "alice")["value"]["total"])
    call("stake", "withdraw-rewards", FIRST, "--from", "alice")
    assert balance(call, "savings") > 0


@pytest.mark.usefixtures("alice")
def test_the_community_pool_can_be_given_to(call: Call, run: Run, url: str) -> None:
    before = call("query", "community-pool")["value"]["amount"]
    assert "gave 5 ASY to the community pool, in block" in show(
        run, url, "stake", "fund-community-pool", "5asy"
    )
    assert call("query", "community-pool")["value"]["amount"] >= before + 5_000_000


@pytest.mark.usefixtures("alice")
def test_a_dry_run_delegates_nothing(call: Call) -> None:
    body = call("--dry-run", "stake", "delegate", FIRST, "1asy")["body"]
    assert body["messages"] == [{"delegate": {"validator": FIRST, "amount": 1_000_000}}]
    assert call("query", "delegations", "alice")["value"] == []


# --- an operator -----------------------------------------------------------------


def test_a_validator_joins_changes_and_leaves(
    call: Call, run: Run, url: str, alice: str, keys_file: str
) -> None:
    terms = ("--moniker", "carol's", "--amount", "40asy", "--commission-rate", "5%", "--website", "a.example")
    told = show(run, url, "stake", "create-validator", keys_file, *terms)
    assert "created the validator carol's, in block" in told
    own, first = call("query", "validators")["value"]
    assert (own["operator"], first["operator"]) == (alice, FIRST)
    assert (own["status"], own["tokens"], own["voting_power"]) == ("bonded", 40_000_000, 40)
    assert (own["commission"]["rate"], own["part_of_bonded"]) == (500, "97.56%")

    call("stake", "edit-validator", "--moniker", "alice's", "--website", "", "--min-self-delegation", "2asy")
    shown = call("query", "validator", "alice")["value"]
    assert (shown["description"]["moniker"], shown["description"]["website"]) == ("alice's", "")
    assert (shown["min_self_delegation"], shown["self_delegation"]) == (2_000_000, 40_000_000)
    text = show(run, url, "query", "validator", shown["consensus_address"])
    assert "5%, never above 20%, rising by 1% a day at most" in text
    assert "40 ASY, at least 2 ASY promised" in text

    wait(lambda: call("query", "commission", "alice")["value"]["commission"])
    assert "withdrew " in show(run, url, "stake", "withdraw-commission")

    call("stake", "redelegate", "alice", FIRST, "10asy")
    (moved,) = call("query", "redelegations", "alice")["value"]
    assert (moved["source"], moved["target"], moved["initial"]) == (alice, FIRST, 10_000_000)
    assert "10 ASY" in show(run, url, "query", "redelegations", "alice")
    assert {item["validator"] for item in call("query", "delegations", "alice")["value"]} == {alice, FIRST}

    call("stake", "undelegate", "alice", "all")
    assert call("query", "validator", "alice")["value"]["jailed"]
    assert "jailed" in show(run, url, "query", "validators")


@pytest.mark.usefixtures("alice")
def test_keys_come_from_standard_input_and_must_be_the_signer_s(
    call: Call, run: Run, url: str, keys_file: str
) -> None:
    call("keys", "add", "mallory")
    data = Path(keys_file).read_text()
    command = ("stake", "create-validator", "-", "--moniker", "m", "--amount", "1asy")
    result = run("--node", url, "--yes", *command, "--from", "mallory", stdin=data)
    assert result.exit_code == 7
    assert "the keys were shown for" in result.stderr
    assert "run `assayd show-validator" in result.stderr
    assert run("--node", url, "--yes", *command, "--from", "alice", stdin="?").exit_code == 7
    assert run("--node", url, "--yes", *command, "--from", "alice", stdin=data).exit_code == 0


# --- tables ------------------------------------------------------------------------


def test_validators_are_listed_with_their_parts(call: Call, run: Run, url: str) -> None:
    answer = call("query", "validators")
    (item,) = answer["value"]
    assert answer["verified"]
    assert (item["operator"], item["part_of_bonded"]) == (FIRST, "100.00%")
    assert item["consensus_address"] == CONSENSUS.upper()
    text = show(run, url, "query", "validators")
    assert "validators, after block" in text
    assert "proven" in text
    assert "100.00%" in text
    assert f"│ {FIRST}" in text


def test_who_stands_behind_a_validator_adds_up(call: Call, run: Run, url: str) -> None:
    (item,) = call("query", "delegations-to", CONSENSUS)["value"]
    assert (item["delegator"], item["tokens"]) == (FIRST, 1_000_000)
    assert "100.00%" in show(run, url, "query", "delegations-to", FIRST)


def test_rates_are_shown_in_per_cent_and_amounts_in_tokens(run: Run, url: str) -> None:
    shown = show(run, url, "query", "params")
    assert re.search(r"slash_double_sign +│ 5% ", shown)
    assert re.search(r"slash_downtime +│ 0\.01% ", shown)
    assert re.search(r"min_seat_stake +│ 1 ASY ", shown)
    record = show(run, url, "query", "path", f"/validator/{FIRST}")
    assert re.search(r"rate: 10%\W+max_rate: 20%\W+max_change: 1%", record)


def test_the_pools_and_what_happened(call: Call, run: Run, url: str) -> None:
    found = call("query", "pool")["value"]
    assert found["bonded"] == call("query", "validators")["value"][0]["tokens"]
    assert "bonded" in show(run, url, "query", "pool")
    assert (
        call("query", "slashes")
        == call("query", "slashes", FIRST) | {"height": call("query", "slashes")["height"]}
        or call("query", "slashes")["value"] == []
    )
    assert "none" in show(run, url, "query", "slashes", FIRST)
    assert call("query", "signing-info", FIRST)["value"]["missed"] == 0
    assert "missed" in show(run, url, "query", "signing-info", FIRST)


# --- refusals ------------------------------------------------------------------------


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["stake", "delegate", "alice", "1asy"], 1, "is no validator's operator"),
        (["stake", "delegate", "00" * 20, "1asy"], 1, "no validator has the consensus address"),
        (["stake", "delegate", "nobody", "1asy"], 2, "'nobody' is neither a key of"),
        (["stake", "delegate", FIRST, "0"], 1, "(code staking"),
        (["stake", "delegate", FIRST, "1000asy"], 1, "(code bank 1)"),
        (["stake", "delegate", FIRST, "lots"], 2, "not an amount"),
        (["stake", "undelegate", FIRST, "1asy"], 1, "has delegated nothing to"),
        (["stake", "redelegate", FIRST, FIRST, "1asy"], 1, "has delegated nothing to"),
        (["stake", "cancel-unbonding", "7"], 1, "has no unbonding entry 7"),
        (["stake", "withdraw-rewards"], 1, "has no rewards to withdraw"),
        (["stake", "withdraw-rewards", FIRST], 1, "has delegated nothing to"),
        (["stake", "withdraw-commission"], 1, "(code staking 1)"),
        (["stake", "unjail"], 1, "(code staking 1)"),
        (["stake", "edit-validator", "--moniker", "x"], 1, "is no validator's operator"),
        (["stake", "edit-validator"], 1, "name what is to be changed"),
        (["stake", "create-validator", "missing.json", "--amount", "1asy"], 2, "missing.json"),
        (["query", "validator", "alice"], 1, "is no validator's operator"),
        (["query", "delegations-to", "alice"], 1, "is no validator's operator"),
        (["query", "commission", "alice"], 1, "is no validator's operator"),
        (["query", "signing-info", "alice"], 1, "is no validator's operator"),
    ],
)
def test_what_is_wrong_gets_a_sentence_and_a_code(
    run: Run, url: str, words: list[str], code: int, reason: str
) -> None:
    result = run("--node", url, "--yes", *words)
    assert result.exit_code == code, result.stderr
    assert reason in result.stderr


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        ([], 2, "--moniker NAME"),
        (["--moniker", "m", "--commission-rate", "5"], 2, "no per cent sign"),
        (["--moniker", "m", "--commission-rate", "101%"], 2, "between 0% and 100%"),
        (["--moniker", "m", "--commission-rate", "30%"], 1, "must not exceed the maximum"),
        (["--moniker", "m" * 71], 1, "the moniker has 71 bytes"),
        (["--moniker", "m", "--min-self-delegation", "2asy"], 1, "the promise 2000000 uasy"),
    ],
)
def test_a_validator_on_impossible_terms_is_refused(
    run: Run, url: str, keys_file: str, options: list[str], code: int, reason: str
) -> None:
    command = ("stake", "create-validator", keys_file, "--amount", "1asy", *options)
    result = run("--node", url, "--yes", *command)
    assert result.exit_code == code, result.stderr
    assert reason in result.stderr


@pytest.mark.usefixtures("alice")
def test_an_operator_unjails_once_its_stake_keeps_its_promise(
    call: Call, run: Run, url: str, alice: str, keys_file: str
) -> None:
    call(
        "stake",
        "create-validator",
        keys_file,
        "--moniker",
        "m",
        "--amount",
        "5asy",
        "--min-self-delegation",
        "4asy",
    )
    assert run("--node", url, "--yes", "stake", "unjail").stderr.count("not jailed") == 1
    call("stake", "undelegate", "alice", "2asy")
    assert call("query", "validator", alice)["value"]["jailed"]
    refused = run("--node", url, "--yes", "stake", "unjail")
    assert refused.exit_code == 1
    assert "delegate the difference first" in refused.stderr
    call("stake", "delegate", "alice", "1asy")
    assert "unjailed the validator of" in show(run, url, "stake", "unjail")
    assert wait(lambda: call("query", "validator", alice)["value"]["status"] == "bonded")


def test_addresses_are_written_as_text(call: Call, alice: str) -> None:
    call("stake", "delegate", FIRST, "1asy")
    found = call("query", "path", f"/delegation/{alice}/{FIRST}")["value"]
    assert (found["delegator"], found["validator"]) == (alice, encode_address(decode_address(FIRST)))
