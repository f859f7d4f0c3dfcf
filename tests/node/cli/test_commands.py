"""`assayd` without a running node; tests/e2e runs one."""

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests import founding

from assay.client import faucet
from assay.crypto import accounts
from assay.crypto.committee.secrets import CommitteeFiles
from assay.crypto.mnemonics import account_from_words
from assay.node import cometbft, home
from assay.node.chainstate import first_state
from assay.node.cli.commands import assayd
from assay.node.committee.identity import load_committee_key, read_validator_address
from assay.node.founders import OPERATOR_FILE
from assay.node.ports import free_ports
from assay.node.version import VERSION
from assay.proto.state_pb2 import Validator, ValidatorSets
from assay.state.rules import keys
from assay.state.store import Store

SOMEBODY = accounts.encode_address(bytes(range(20)))


def run(path: Path, *arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(assayd, ["--home", str(path), *arguments], input=given)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    assert run(path, "init", "--param", "preset=small").exit_code == 0
    return path


def test_init_makes_a_chain_of_one(tmp_path: Path) -> None:
    path = tmp_path / "home"
    done = run(
        path,
        *(
            "init",
            "--chain-id",
            "my-chain",
            "--moniker",
            "mine",
            "--block-time",
            "250",
            "--rpc",
            "127.0.0.1:4444",
        ),
        *("--param", "preset=small", "--param", "max_window=500", "--account", f"{SOMEBODY}=2.5asy"),
    )
    assert done.exit_code == 0, done.output
    opened = home.open_home(path)
    genesis = opened.genesis()
    state = genesis["app_state"]
    assert genesis["chain_id"] == "my-chain"
    assert state["params"]["preset"] == "PRESET_SMALL"
    assert state["params"]["max_window"] == "500"
    assert state["params"]["development"] is True
    balances = {entry["address"]: entry["balance"] for entry in state["accounts"]}
    operator = account_from_words((path / OPERATOR_FILE).read_text())
    assert stat.S_IMODE((path / OPERATOR_FILE).stat().st_mode) == 0o600
    assert balances == {
        faucet.ADDRESS: str(10**15),
        SOMEBODY: "2500000",
        operator.address_text: str(2 * 10**9),
    }
    _, (first,) = first_state(genesis)
    assert (first.address, first.power) == (read_validator_address(path), 1000)
    assert load_committee_key(path).public_key.hex() in done.output
    assert operator.address_text in done.output
    assert opened.config()["consensus"]["timeout_commit"] == "250ms"
    assert opened.rpc_url() == "http://127.0.0.1:4444"
    assert stat.S_IMODE((path / "committee" / "committee_key.json").stat().st_mode) == 0o600


def test_init_joins_a_chain(place: Path, tmp_path: Path) -> None:
    genesis = place / "config" / "genesis.json"
    peer = f"{'ab' * 20}@10.0.0.1:26656"
    joined = tmp_path / "joined"
    assert run(joined, "init", "--genesis", str(genesis), "--peer", peer, "--p2p", "0.0.0.0:1").exit_code == 0
    opened = home.open_home(joined)
    assert opened.genesis() == home.Home(place).genesis()
    assert opened.config()["p2p"]["persistent_peers"] == peer
    assert opened.config()["p2p"]["addr_book_strict"] is True
    assert home.Home(place).config()["p2p"]["addr_book_strict"] is False


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--param", "bogus=1"], "there is no parameter 'bogus'"),
        (["--param", "max_window"], "write NAME=VALUE"),
        (["--param", "max_window=1", "--param", "max_window=2"], "each name once"),
        (["--param", "max_window=many"], "parameter max_window cannot be 'many'"),
        (["--param", "max_window=1"], "max_window is 1, expected"),
        (
            ["--param", "min_committee=4"],
            "1 validators with 1000000 uasy in the set can serve, a key takes 4",
        ),
        (["--param", "preset=tiny"], "parameter preset cannot be 'tiny'"),
        (["--account", "nobody=1"], "not an address"),
        (["--account", f"{SOMEBODY}=much"], "not an amount"),
        (["--stake", "much"], "not an amount"),
        (["--chain-id", "My Chain"], "cannot be a chain id"),
        (["--rpc", "nowhere"], "'nowhere' is not an address"),
        (["--p2p", "tcp://127.0.0.1:1"], "is not an address"),
        (["--peer", "10.0.0.1:26656"], "is not a peer"),
        (["--block-time", "-5"], "-5 is not in the range"),
    ],
)
def test_what_the_chain_would_refuse_is_refused_at_once_and_leaves_nothing(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    done = run(tmp_path / "home", "init", *arguments)
    assert done.exit_code == 2
    assert sentence in done.output
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_a_file_that_is_no_genesis_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "g.json").write_text(text)
    done = run(tmp_path / "home", "init", "--genesis", str(tmp_path / "g.json"))
    assert done.exit_code == 1
    assert "genesis file" in done.output
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("how", "option"),
    [
        ("--genesis", ("--stake", "5asy")),
        ("--genesis", ("--chain-id", "another")),
        ("--genesis", ("--account", f"{SOMEBODY}=1asy")),
        ("--genesis", ("--param", "preset=small")),
        ("--launch", ("--stake", "5asy")),
    ],
)
def test_init_refuses_an_option_that_it_would_pass_over(
    place: Path, tmp_path: Path, how: str, option: tuple[str, str]
) -> None:
    given = (how, str(place / "config" / "genesis.json")) if how == "--genesis" else (how,)
    refused = run(tmp_path / "other", "init", *given, *option)
    assert refused.exit_code == 2
    assert f"{option[0]} " in refused.output
    assert how in refused.output
    assert not (tmp_path / "other").exists()


def test_a_home_too_deep_for_its_socket_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    rest = 107 - len("/data/abci.sock") - len(str(tmp_path)) - 1
    done = run(tmp_path / ("h" * (rest + 1)), "init")
    assert done.exit_code == 1
    assert "a path of 108 bytes, and a unix socket's has at most 107" in done.output
    assert not list(tmp_path.iterdir())
    assert run(tmp_path / ("h" * rest), "init").exit_code == 0


def test_init_does_not_touch_another_home(place: Path) -> None:
    before = (place / "config" / "node_key.json").read_bytes()
    done = run(place, "init")
    assert done.exit_code == 1
    assert "is not empty" in done.output
    assert (place / "config" / "node_key.json").read_bytes() == before


def test_a_cometbft_named_at_init_is_kept(tmp_path: Path, repository: Path) -> None:
    binary = repository / "out" / "bin" / "cometbft-v0.38"
    assert run(tmp_path / "home", "init", "--cometbft", str(binary)).exit_code == 0
    assert home.Home(tmp_path / "home").settings().cometbft.binary == str(binary)
    done = run(tmp_path / "other", "init", "--cometbft", "/bin/true")
    assert done.exit_code == 1
    assert "this node needs v0.38 or v0.40" in done.output


@pytest.mark.parametrize("command", ["start", "status", "verify", "reset", "show-node-id"])
def test_commands_without_a_home_say_how_to_make_one(tmp_path: Path, command: str) -> None:
    done = run(tmp_path / "none", command)
    assert done.exit_code == 1
    assert "assayd init" in done.output


def test_status_of_a_node_that_does_not_run(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    run(tmp_path / "home", "init", "--rpc", f"127.0.0.1:{port}")
    done = run(tmp_path / "home", "status")
    assert done.exit_code == 1
    assert "assayd start" in done.output


def test_verify_of_a_node_that_never_ran(place: Path) -> None:
    done = run(place, "verify")
    assert done.exit_code == 1
    assert "there is no store" in done.output


def test_reset_asks_first(place: Path) -> None:
    (place / "data" / "assay" / "record").touch()
    assert run(place, "reset", given="n\n").exit_code == 1
    assert (place / "data" / "assay" / "record").exists()
    assert run(place, "reset", given="y\n").exit_code == 0
    assert not (place / "data" / "assay" / "record").exists()


def secret(path: Path) -> Path:
    """A file that stands for a key's secrets."""
    file = path / "committee" / "key-1.json"
    file.write_text("{}")
    file.chmod(0o600)
    assert CommitteeFiles(path / "committee").keys() == [1]
    return file


def signed(path: Path) -> int:
    return cometbft.signed_height(path)


def sign(path: Path, height: int = 7) -> None:
    cometbft.write_signed(path, height)


def with_another_validator(path: Path) -> None:
    genesis = home.Home(path).genesis()
    other = founding.founder(0)
    state = genesis["app_state"]
    state["accounts"].append({"address": other.operator.address_text, "balance": str(other.stake)})
    state["gen_txs"] += founding.gen_txs(genesis["chain_id"], [other])
    (path / "config" / "genesis.json").write_text(json.dumps(genesis))


def with_state(path: Path, *joined: bytes) -> None:
    """Give a node the state after its first block, with further validators in the set, and have it sign."""
    with Store.open(path / "data" / "assay", create=True) as store:
        view, _ = first_state(home.Home(path).genesis())
        sets = view.require(ValidatorSets, keys.VALIDATOR_SETS)
        sets.sets[0].validators.extend(Validator(public_key=key) for key in joined)
        view.save(keys.VALIDATOR_SETS, sets)
        store.commit(store.prepare(1, view.changes))
    sign(path, 2)


def test_reset_of_the_only_validator_begins_the_chain_anew(place: Path) -> None:
    file = secret(place)
    with_state(place)
    assert run(place, "reset", "--yes").exit_code == 0
    assert (file.exists(), signed(place)) == (False, 0)
    load_committee_key(place)


def test_reset_forgets_nothing_once_others_have_joined_the_chain_of_one(place: Path) -> None:
    """They have the blocks, and see it if the first validator signs other ones."""
    file = secret(place)
    with_state(place, bytes(32))
    done = run(place, "reset", "--yes")
    assert (file.exists(), signed(place)) == (True, 2)
    assert "signed up to height 2" in done.output
    assert "--anew" in done.output


@pytest.mark.parametrize("spoil", [lambda _: None, lambda place: (place / "data/assay/CURRENT").unlink()])
def test_reset_forgets_nothing_if_the_state_is_older_than_what_was_signed_or_gone(
    place: Path, spoil: Callable[[Path], None]
) -> None:
    file = secret(place)
    with_state(place)
    sign(place, 7)
    spoil(place)
    for _ in range(2):
        assert run(place, "reset", "--yes").exit_code == 0
        assert (file.exists(), signed(place)) == (True, 7)


def test_reset_keeps_the_secrets_of_a_chain_that_goes_on_and_what_was_signed(place: Path) -> None:
    file = secret(place)
    sign(place)
    with_another_validator(place)
    assert run(place, "reset", "--yes").exit_code == 0
    assert (file.exists(), signed(place)) == (True, 7)


def test_reset_begins_a_chain_of_several_anew_if_told_so(place: Path) -> None:
    file = secret(place)
    sign(place)
    with_another_validator(place)
    assert run(place, "reset", "--yes", "--anew").exit_code == 0
    assert (file.exists(), signed(place)) == (False, 0)


def test_version_and_node_id(place: Path) -> None:
    assert run(place, "version").output.startswith(f"assay {VERSION} ")
    assert "cometbft 0.39.0" in run(place, "version").output
    assert len(run(place, "show-node-id").output.strip()) == 40


def test_without_the_nodes_libraries_the_command_says_what_to_install() -> None:
    script = "import sys; sys.modules['plyvel'] = None; from assay.node.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install '.[node]'" in done.stderr


@pytest.mark.parametrize(
    ("breakage", "sentence"),
    [
        ("importlib.metadata.version = missing", "the package assay was never installed here"),
        ("sys.modules['assay.node.home'] = None", "ModuleNotFoundError"),
    ],
)
def test_what_no_extra_would_bring_is_not_blamed_on_one(breakage: str, sentence: str) -> None:
    script = f"""
import importlib.metadata, sys
def missing(name):
    raise importlib.metadata.PackageNotFoundError(name)
{breakage}
from assay.node.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "the client alone does not" not in done.stderr


def test_init_says_where_metrics_are_served(tmp_path: Path) -> None:
    done = run(tmp_path / "home", "init", "--param", "preset=small", "--metrics", "127.0.0.1:26661")
    assert done.exit_code == 0, done.output
    assert home.open_home(tmp_path / "home").settings().metrics.address == "127.0.0.1:26661"
    refused = run(tmp_path / "other", "init", "--metrics", "26661")
    assert (refused.exit_code, "is not an address" in refused.output) == (2, True)
