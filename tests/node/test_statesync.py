"""What CometBFT is told for a state sync is checked before; tests/e2e/four runs one."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from assay.client.errors import BadResponse, NodeUnreachable, RpcError
from assay.node import statesync
from assay.node.cli.commands import assayd
from assay.node.genesis import write_genesis
from assay.node.home import Home, open_home
from assay.node.statesync import TrustedBlock, parse_trust
from assay.state.export import params_document
from assay.state.rules.params import default_params
from assay.state.store import Store

HASH = "AB" * 32
SERVERS = ("--server", "http://10.0.0.1:26657", "--server", "10.0.0.2:26657")


class Chain:
    """What servers say, by address; a server that is not here does not answer."""

    def __init__(self) -> None:
        self.chain_id = "assay-dev"
        self.hashes = {"http://10.0.0.1:26657": HASH, "http://10.0.0.2:26657": HASH}

    def rpc(self, server: str) -> Any:
        return Server(self, statesync.base_url(server))


class Server:
    def __init__(self, chain: Chain, url: str) -> None:
        self.chain, self.url = chain, url

    async def close(self) -> None:
        pass

    async def call(self, method: str, **params: str) -> Any:
        if self.url not in self.chain.hashes:
            raise NodeUnreachable(f"no answer from {self.url}")
        if method == "status":
            return {"sync_info": {"latest_block_height": "501"}}
        assert method == "commit"
        if int(params["height"]) > 501:
            raise RpcError("commit", -32603, "Internal error", "height must be less than or equal")
        found = self.chain.hashes[self.url]
        header = {"chain_id": self.chain.chain_id}
        return {"signed_header": {"header": header, "commit": {"block_id": {"hash": found}}}}


@pytest.fixture(autouse=True)
def chain(monkeypatch: pytest.MonkeyPatch) -> Chain:
    found = Chain()
    monkeypatch.setattr(statesync, "Rpc", found.rpc)
    return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    assert run(tmp_path / "home", "init", "--param", "preset=small").exit_code == 0
    return open_home(tmp_path / "home")


def run(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(assayd, ["--home", str(path), *arguments])


def settings(home: Home) -> dict[str, Any]:
    return tomllib.loads(home.config_file.read_text())["statesync"]


def test_without_a_block_to_trust_a_recent_one_is_shown_and_nothing_is_changed(home: Home) -> None:
    before = home.config_file.read_text()
    done = run(home.path, "state-sync", *SERVERS)
    assert done.exit_code == 0, done.output
    assert done.output.split()[-1] == f"500:{HASH}"
    assert home.config_file.read_text() == before


def test_with_one_the_next_start_takes_the_state_from_peers(home: Home) -> None:
    done = run(home.path, "state-sync", *SERVERS, "--trust", f"321:{HASH.lower()}")
    assert done.exit_code == 0, done.output
    found = settings(home)
    assert (found["enable"], found["trust_height"], found["trust_hash"]) == (True, 321, HASH)
    assert found["rpc_servers"] == "http://10.0.0.1:26657,http://10.0.0.2:26657"


@pytest.mark.parametrize(
    ("unbonding_period", "blocks_per_year", "seconds"),
    [
        (500_000, 25_000_000, 420_768),  # 20,000 blocks of a million make 7.305 days
        (500_000, 31_557_600, 333_333),  # a block a second
        (100_000_000, 25_000_000, 604_800),
        (401_001, 31_557_600, 267_334),
    ],
)
def test_a_block_is_trusted_for_less_than_stake_stays_bound(
    home: Home, unbonding_period: int, blocks_per_year: int, seconds: int
) -> None:
    params = default_params()
    params.unbonding_period, params.blocks_per_year = unbonding_period, blocks_per_year
    document = home.genesis()
    document["app_state"]["params"] = params_document(params)
    write_genesis(home, document)
    assert run(home.path, "state-sync", *SERVERS, "--trust", f"321:{HASH}").exit_code == 0
    assert settings(home)["trust_period"] == f"{seconds}s"


def test_a_block_of_a_development_chain_is_trusted_for_a_week(home: Home) -> None:
    done = run(home.path, "state-sync", *SERVERS, "--trust", f"321:{HASH}")
    assert settings(home)["trust_period"] == "604800s"
    assert "at most 168.0 hours" in done.output


def test_a_genesis_without_parameters_is_refused(home: Home) -> None:
    document = home.genesis()
    del document["app_state"]["params"]
    write_genesis(home, document)
    assert "params must be an object" in refused(home, *SERVERS, "--trust", f"321:{HASH}")


def refused(home: Home, *arguments: str) -> str:
    before = home.config_file.read_text()
    done = run(home.path, "state-sync", *arguments)
    assert done.exit_code != 0
    assert home.config_file.read_text() == before
    return " ".join(done.output.split())


def test_servers_that_disagree_are_refused(chain: Chain, home: Home) -> None:
    chain.hashes["http://10.0.0.2:26657"] = "CD" * 32
    for trust in ((), ("--trust", f"321:{HASH}")):
        assert "the servers disagree about block" in refused(home, *SERVERS, *trust)


def test_servers_that_do_not_have_the_trusted_block_are_refused(home: Home) -> None:
    assert "which is not the trusted" in refused(home, *SERVERS, "--trust", f"321:{'CD' * 32}")
    assert "a server is of no use" in refused(home, *SERVERS, "--trust", f"502:{HASH}")


def test_servers_of_another_chain_are_refused(chain: Chain, home: Home) -> None:
    chain.chain_id = "another"
    assert "is of chain 'another', this home of 'assay-dev'" in refused(home, *SERVERS)


def test_servers_that_do_not_answer_or_answer_nonsense_are_refused(chain: Chain, home: Home) -> None:
    chain.hashes["http://10.0.0.2:26657"] = "nonsense"
    assert "a server is of no use: commit" in refused(home, *SERVERS)
    del chain.hashes["http://10.0.0.2:26657"]
    assert "a server is of no use: no answer" in refused(home, *SERVERS)
    assert "is not a node's address" in refused(home, *SERVERS[:3], "ftp://x")


def test_one_server_is_not_enough(home: Home) -> None:
    assert "at least two servers" in refused(home, *SERVERS[:2])
    assert "at least two servers" in refused(home, *SERVERS[:2], *SERVERS[:2])


def test_a_node_with_a_state_of_its_own_is_refused(home: Home) -> None:
    with Store.open(home.store, create=True) as store:
        store.commit(store.prepare(1, {b"a": b"1"}))
    assert "has a state of its own, of height 1" in refused(home, *SERVERS, "--trust", f"321:{HASH}")


@pytest.mark.parametrize("text", ["", "12", f"0:{HASH}", f"-1:{HASH}", f"1:{HASH}0", "1:zz", f" 1:{HASH}"])
def test_what_is_no_block_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write HEIGHT:HASH"):
        parse_trust(text)
    assert run(Path("nowhere"), "state-sync", *SERVERS, "--trust", text).exit_code != 0


def test_a_block_is_read_as_it_is_shown() -> None:
    block = TrustedBlock(7, HASH)
    assert parse_trust(str(block)) == block


def test_an_answer_of_another_form_is_not_understood(chain: Chain) -> None:
    async def ask() -> None:
        chain.hashes["http://10.0.0.1:26657"] = "short"
        await statesync.block_of(["http://10.0.0.1:26657"], "assay-dev", 5)

    with pytest.raises(BadResponse):
        asyncio.run(ask())
