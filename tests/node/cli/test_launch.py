"""Several operators begin a chain together, each with the commands of its own home."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from assay.client.cli.main import main as client
from assay.client.joining import parse_keys
from assay.crypto.accounts import decode_address
from assay.node import cometbft
from assay.node.chainstate import first_state
from assay.node.cli.commands import assayd
from assay.node.committee.identity import read_validator_address
from assay.node.home import Home
from assay.state.validators import records

CHAIN_ID = "launch-1"
GENTX = ("gentx", "operator", "1asy", "--assay-home", "{keys}")
PASSPHRASE = {"ASSAY_PASSPHRASE": "x"}


@dataclass(frozen=True)
class Person:
    """An operator: a node's home, and a keystore with one key, "operator"."""

    node: Path
    keys: Path

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(
            assayd, ["--home", str(self.node), *arguments], env={"ASSAY_PASSPHRASE": "x"}
        )

    def assay(self, *arguments: str) -> Result:
        return CliRunner().invoke(
            client, ["--home", str(self.keys), *arguments], env={"ASSAY_PASSPHRASE": "x"}
        )

    @property
    def address(self) -> str:
        return self.assay("keys", "show", "operator").output.strip()

    def gentx(self, file: Path, *options: str, amount: str = "1000asy") -> Result:
        where = ("--assay-home", str(self.keys), "--output-document", str(file))
        return self.run("gentx", "operator", amount, *where, *options)


def _people(path: Path) -> list[Person]:
    return [Person(path / f"node{number}", path / f"keys{number}") for number in range(4)]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four homes and keystores; everybody's account is in the first one's genesis."""
    path = tmp_path_factory.mktemp("launch")
    found = _people(path)
    for number, person in enumerate(found):
        made = person.run("init", "--launch", "--chain-id", CHAIN_ID, "--moniker", f"number {number}")
        assert made.exit_code == 0, made.output
        assert "gentx" in made.output
        assert person.assay("keys", "add", "operator").exit_code == 0
        assert found[0].run("add-genesis-account", person.address, "5000asy").exit_code == 0
    return path


@pytest.fixture
def people(begun: Path, tmp_path: Path) -> list[Person]:
    """Copies of the four, for a test to change."""
    shutil.copytree(begun, tmp_path / "launch")
    return _people(tmp_path / "launch")


def test_four_operators_begin_a_chain(people: list[Person], tmp_path: Path) -> None:
    first, directory = people[0], tmp_path / "gentxs"
    for number, person in enumerate(people):
        address = ("--address", f"10.0.0.{number}:26656")
        assert person.gentx(directory / f"{number}.json", *address).exit_code == 0
    collected = first.run("collect-gentxs", "--gentx-dir", str(directory))
    assert collected.exit_code == 0, collected.output
    assert "The genesis has 4 validators; this node has 3 of them as peers." in collected.output
    assert "yet" not in collected.output

    shown = first.run("validate-genesis")
    assert "supply 20,000 ASY, 4 validators in the set" in shown.output
    assert shown.output.count("25.00%") == 4
    document = Home(first.node).genesis()
    view, found = first_state(document)
    assert {each.address for each in found} == {read_validator_address(person.node) for person in people}
    record = records.find(view, decode_address(people[2].address))
    assert (record.description.moniker, record.commission.rate) == ("number 2", 1000)
    peers = Home(first.node).config()["p2p"]["persistent_peers"].split(",")
    binary = cometbft.find_binary()
    expected = [f"{cometbft.node_id(binary, people[n].node)}@10.0.0.{n}:26656" for n in (1, 2, 3)]
    assert peers == expected

    # Everybody takes the result, and the others' nodes as peers.
    file = str(Home(first.node).genesis_file)
    taken = people[2].run("set-genesis", file)
    assert taken.exit_code == 0, taken.output
    digest = shown.output.splitlines()[0].rsplit(maxsplit=1)[1]
    assert f"begins with chain {CHAIN_ID}, digest {digest}." in taken.output
    assert Home(people[2].node).genesis() == document
    peers = Home(people[2].node).config()["p2p"]["persistent_peers"].split(",")
    assert [peer.rpartition("@")[2] for peer in peers] == [f"10.0.0.{n}:26656" for n in (0, 1, 3)]


def test_a_home_takes_a_genesis_before_it_is_started_and_only_a_good_one(people: list[Person]) -> None:
    first, second = people[:2]
    refused = second.run("set-genesis", str(Home(first.node).genesis_file))
    assert (refused.exit_code, "no chain can begin with" in refused.output) == (1, True)
    (Home(second.node).store / "CURRENT").touch()
    refused = second.run("set-genesis", str(Home(first.node).genesis_file))
    assert (refused.exit_code, "reset --anew" in refused.output) == (1, True)


def test_a_genesis_that_lacks_validators_is_collected_and_says_so(people: list[Person]) -> None:
    first = people[0]
    assert first.run("validate-genesis").exit_code == 1
    done = first.run("gentx", "operator", "1000asy", "--assay-home", str(first.keys))
    assert done.exit_code == 0, done.output
    done = first.run("collect-gentxs")
    assert done.exit_code == 0
    assert "No chain can begin with it yet: no key can be made: 1 validators with" in done.output
    assert "no key can be made" in first.run("validate-genesis").output


def test_the_terms_are_those_that_were_given(people: list[Person], tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    rates = (
        "--commission-rate",
        "5%",
        "--commission-max-rate",
        "7.5%",
        "--commission-max-change-rate",
        "0.5%",
    )
    texts = ("--moniker", "Łódź", "--website", "https://example.org", "--details", "none")
    done = people[1].gentx(file, *rates, *texts, "--min-self-delegation", "2asy", amount="3asy")
    assert "Łódź begins with 3 ASY" in done.output
    message = json.loads(file.read_text())["body"]["messages"][0]["create_validator"]
    assert message["description"] == {"moniker": "Łódź", "website": "https://example.org", "details": "none"}
    found = [message[name] for name in ("commission_rate", "max_commission_rate", "max_commission_change")]
    assert (found, message["min_self_delegation"], message["amount"]) == (
        [500, 750, 50],
        "2000000",
        "3000000",
    )


def test_a_remote_signers_key_is_proven_where_it_lives(people: list[Person], tmp_path: Path) -> None:
    """The key file is not on the node: its proof and public key come from elsewhere."""
    person = people[1]
    key_file = person.node / "config" / "priv_validator_key.json"
    own = person.run("show-validator", person.address)
    elsewhere = key_file.rename(tmp_path / "signer.json")
    refused = person.run("show-validator", person.address)
    assert (refused.exit_code, "run assayd prove-key there" in refused.output) == (1, True)
    proven = person.run("prove-key", str(elsewhere), person.address, "--chain-id", CHAIN_ID)
    shown = person.run("show-validator", person.address, *proven.output.split())
    assert shown.output == own.output
    parse_keys(shown.output.encode()).check(CHAIN_ID, decode_address(person.address))
    (tmp_path / "keys.json").write_text(shown.output)
    assert person.gentx(tmp_path / "tx.json", "--keys", str(tmp_path / "keys.json")).exit_code == 0
    wrong = people[2].gentx(tmp_path / "tx.json", "--keys", str(tmp_path / "keys.json"))
    assert (wrong.exit_code, "the keys were shown for" in wrong.output) == (1, True)


def test_a_nodes_public_keys_are_shown_without_an_operator(people: list[Person]) -> None:
    shown = json.loads(people[0].run("show-validator").output)
    assert set(shown) == {"chain_id", "public_key", "committee_key"}


def spoiled(file: Path, **value: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | value))


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["add-genesis-account", "nobody", "1asy"], 2, "neither a key of"),
        (["add-genesis-account", "{own}", "1asy"], 2, "stands in the genesis already"),
        (["add-genesis-account", "{own}", "much"], 2, "not an amount"),
        (["collect-gentxs", "--gentx-dir", "nowhere"], 2, "there are no gen_txs in nowhere"),
        (["gentx", "nobody", "1asy", "--assay-home", "{keys}"], 1, "nobody"),
        (["gentx", "operator", "much", "--assay-home", "{keys}"], 2, "not an amount"),
        (
            ["gentx", "operator", "1asy", "--assay-home", "{keys}", "--commission-rate", "5"],
            2,
            "per cent sign",
        ),
        ([*GENTX, "--commission-rate", "30%"], 2, "must not exceed the maximum"),
        ([*GENTX, "--min-self-delegation", "2asy"], 2, "the promise 2000000 uasy"),
        ([*GENTX, "--moniker", "m" * 71], 2, "the moniker has 71 bytes"),
        (["show-validator", "assay1"], 2, "not an address"),
        (["show-validator", "{own}", "--consensus-key", "00"], 2, "not 32 bytes in hexadecimal"),
        (["show-validator", "{own}", "--consensus-key", "00" * 32], 2, "belong together"),
        (["prove-key", "nowhere.json", "{own}", "--chain-id", "c"], 1, "there is no validator key at"),
        (["init", "--launch", "--genesis", "/dev/null"], 2, "--launch begins one"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    people: list[Person], arguments: list[str], code: int, sentence: str
) -> None:
    first = people[0]
    given = [part.format(own=first.address, keys=first.keys) for part in arguments]
    done = first.run(*given)
    assert (done.exit_code, sentence in done.output) == (code, True), done.output


def test_gen_txs_that_are_none_are_refused(people: list[Person], tmp_path: Path) -> None:
    file = tmp_path / "gentxs" / "one.json"
    assert people[0].gentx(file).exit_code == 0
    good = file.read_text()
    for text, sentence in (
        ("{", "is not JSON"),
        ("[" * 70_000, "is not JSON"),
        ("{}", "exactly the fields body, public_key, signature"),
        (good.replace("number 0", "number 9"), "the signature does not match"),
    ):
        file.write_text(text)
        done = people[0].run("collect-gentxs", "--gentx-dir", str(file.parent))
        assert (done.exit_code, sentence in done.output) == (2, True), done.output


def test_a_continued_chain_takes_no_accounts(people: list[Person]) -> None:
    first = people[0]
    spoiled(Home(first.node).genesis_file, app_state={"params": {}, "records": []})
    done = first.run("add-genesis-account", people[1].address, "1asy")
    assert (done.exit_code, "not a new chain's" in done.output) == (2, True)
