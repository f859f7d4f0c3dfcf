"""The homes of local networks; tests/e2e/four runs one."""

import base64
import socket
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assay.crypto.mnemonics import account_from_words
from assay.node import cometbft
from assay.node.chainstate import first_state
from assay.node.cli.commands import assayd
from assay.node.committee.identity import load_committee_key, read_validator_address
from assay.node.founders import OPERATOR_FILE
from assay.node.home import HomeError, host_and_port
from assay.node.ports import LOOPBACK
from assay.node.testnet import open_testnet
from assay.state import ledger


def make(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        assayd, ["testnet", "--dir", str(path), "--param", "preset=small", "--base-port", "0", *arguments]
    )


@pytest.mark.parametrize(("validators", "committee"), [(1, 1), (2, 1), (4, 4), (6, 4), (7, 7), (10, 10)])
def test_every_validator_has_a_seat_and_the_committee_is_the_largest_that_fits(
    tmp_path: Path, validators: int, committee: int
) -> None:
    done = make(tmp_path / "net", "--validators", str(validators))
    assert done.exit_code == 0, done.output
    homes = open_testnet(tmp_path / "net")
    genesis = homes[0].genesis()
    _, first = first_state(genesis)
    assert len(homes) == len(first) == validators
    assert {each.address for each in first} == {read_validator_address(home.path) for home in homes}
    assert {each.power for each in first} == {1000}
    messages = [entry["body"]["messages"][0]["create_validator"] for entry in genesis["app_state"]["gen_txs"]]
    assert [base64.b64decode(message["committee_key"]) for message in messages] == [
        load_committee_key(home.path).public_key for home in homes
    ]
    assert genesis["app_state"]["params"]["min_committee"] == committee
    assert f"a committee of {committee}." in done.output
    assert all(home.genesis() == genesis for home in homes)


def test_every_validator_has_an_operator_of_its_own_and_the_stake_it_was_given(tmp_path: Path) -> None:
    assert make(tmp_path / "net", "--stake", "5asy", *["--stake", "2asy"] * 3).exit_code == 0
    homes = open_testnet(tmp_path / "net")
    view, first = first_state(homes[0].genesis())
    powers = {each.address: each.power for each in first}
    assert [powers[read_validator_address(home.path)] for home in homes] == [5, 2, 2, 2]
    operators = set()
    for home in homes:
        words = home.path / OPERATOR_FILE
        assert stat.S_IMODE(words.stat().st_mode) == 0o600
        operator = account_from_words(words.read_text())
        operators.add(operator.address)
        assert ledger.account(view, operator.address).balance > 0
    assert len(operators) == 4


def test_nodes_know_each_other_and_share_nothing(tmp_path: Path, repository: Path) -> None:
    assert make(tmp_path / "net").exit_code == 0
    homes = open_testnet(tmp_path / "net")
    binary = repository / "out" / "bin" / "cometbft"
    listening = {cometbft.node_id(binary, home.path): home.config()["p2p"]["laddr"] for home in homes}
    addresses = [home.config()[part]["laddr"] for home in homes for part in ("p2p", "rpc")]
    assert len(set(addresses)) == len(addresses) == 8
    for home in homes:
        p2p = home.config()["p2p"]
        peers = dict(peer.split("@") for peer in p2p["persistent_peers"].split(","))
        own = cometbft.node_id(binary, home.path)
        expected = {ident: address for ident, address in listening.items() if ident != own}
        assert {ident: f"tcp://{address}" for ident, address in peers.items()} == expected
        assert (p2p["pex"], p2p["addr_book_strict"], p2p["allow_duplicate_ip"]) == (False, False, True)
        assert home.settings().workers.processes >= 1
        assert home.config()["moniker"] == home.path.name


def test_options_before_start_are_taken_or_refused(tmp_path: Path) -> None:
    elsewhere = CliRunner().invoke(assayd, ["testnet", "--dir", str(tmp_path / "net"), "start"])
    assert (elsewhere.exit_code, f"{tmp_path / 'net'} holds no local network" in elsewhere.output) == (
        1,
        True,
    )
    refused = CliRunner().invoke(assayd, ["testnet", "--validators", "7", "start"])
    assert (refused.exit_code, "--validators is for making a chain" in refused.output) == (2, True)


def test_ports_follow_one_another_from_the_first(tmp_path: Path) -> None:
    done = make(tmp_path / "net", "--validators", "2", "--base-port", "28100")
    assert done.exit_code == 0, done.output
    homes = open_testnet(tmp_path / "net")
    found = [host_and_port(home.config()[part]["laddr"])[1] for home in homes for part in ("p2p", "rpc")]
    assert found == [28100, 28101, 28102, 28103]


def test_a_port_that_is_taken_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        done = make(tmp_path / "net", "--base-port", str(port - 3))
    assert done.exit_code == 1
    assert "is not free" in done.output
    assert "--base-port 0" in done.output
    assert not (tmp_path / "net").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--validators", "0"], 2, "0 is not in the range"),
        (
            ["--validators", "3", "--param", "min_committee=4"],
            2,
            "3 validators with 1000000 uasy in the set can serve, a key takes 4",
        ),
        (["--stake", "much"], 2, "not an amount"),
        (["--stake", "5asy", "--stake", "5asy"], 2, "--stake is given 2 times for 4 validators"),
        (["--stake", "0.5asy"], 2, "the promise 1000000 uasy"),
        (["--chain-id", "My Chain"], 2, "cannot be a chain id"),
        (["--base-port", "65530"], 1, "there are no 8 ports"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    tmp_path: Path, arguments: list[str], code: int, sentence: str
) -> None:
    done = make(tmp_path / "net", *arguments)
    assert (done.exit_code, sentence in done.output) == (code, True), done.output
    assert not (tmp_path / "net").exists()


def test_a_directory_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = make(tmp_path)
    assert done.exit_code == 1
    assert "is not empty" in done.output
    assert (tmp_path / "thesis.txt").exists()


def test_starting_what_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    done = CliRunner().invoke(assayd, ["testnet", "start", "--dir", str(tmp_path)])
    assert done.exit_code == 1
    assert f"assayd testnet --dir {tmp_path}" in done.output
    with pytest.raises(HomeError, match="no local network"):
        open_testnet(tmp_path)


def test_metrics_have_a_third_port_of_each_node(tmp_path: Path) -> None:
    done = make(tmp_path / "net", "--validators", "2", "--base-port", "28200", "--metrics")
    assert done.exit_code == 0, done.output
    homes = open_testnet(tmp_path / "net")
    found = [host_and_port(home.config()[part]["laddr"])[1] for home in homes for part in ("p2p", "rpc")]
    assert found == [28200, 28201, 28203, 28204]
    assert [home.settings().metrics.address for home in homes] == ["127.0.0.1:28202", "127.0.0.1:28205"]
    assert "metrics http://127.0.0.1:28202/metrics" in done.output


def test_without_being_asked_for_there_are_no_metrics(tmp_path: Path) -> None:
    assert make(tmp_path / "net", "--validators", "1").exit_code == 0
    (home,) = open_testnet(tmp_path / "net")
    assert home.settings().metrics.address == ""
    assert home.config()["instrumentation"]["prometheus"] is False
