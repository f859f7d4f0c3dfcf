import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from assay.node import cometbft, genesis, home
from assay.node.home import HomeError, Network
from assay.node.ports import free_ports
from assay.node.tomlfile import set_values

NETWORK = Network(
    moniker='a "quoted" name',
    rpc="127.0.0.1:4001",
    p2p="127.0.0.1:4002",
    loopback=True,
    block_milliseconds=250,
)


@pytest.fixture(params=["cometbft", "cometbft-v0.38"])
def binary(request: pytest.FixtureRequest, repository: Path) -> Path:
    return repository / "out" / "bin" / request.param


def make(path: Path, binary: Path, network: Network = NETWORK) -> home.Home:
    place = home.create(path, binary, network)
    document = genesis.genesis_document("test-chain", {})
    genesis.write_genesis(place, document)
    return place


def leaves(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat.update(leaves(value, f"{prefix}{name}."))
        else:
            flat[prefix + name] = value
    return flat


def test_a_new_home_has_every_part(tmp_path: Path, binary: Path) -> None:
    place = make(tmp_path / "home", binary)
    assert home.open_home(tmp_path / "home") == place
    for directory in (place.path, place.committee, place.store):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert place.abci_address() == f"unix://{place.path}/data/abci.sock"
    assert place.rpc_url() == "http://127.0.0.1:4001"
    assert place.genesis()["chain_id"] == "test-chain"
    assert len(cometbft.node_id(binary, place.path)) == 40


def test_config_differs_from_cometbfts_only_where_we_say(tmp_path: Path, binary: Path) -> None:
    plain = tmp_path / "plain"
    cometbft.init(binary, plain)
    theirs = leaves(tomllib.loads((plain / "config" / "config.toml").read_text()))
    ours = leaves(make(tmp_path / "ours", binary).config())
    wanted = leaves(tomllib.loads((Path(home.__file__).parent / "config" / "cometbft.toml").read_text()))
    wanted |= leaves(NETWORK.config()) | {"proxy_app": f"unix://{tmp_path}/ours/data/abci.sock"}
    assert ours == theirs | wanted
    assert wanted["moniker"] == 'a "quoted" name'
    assert wanted["consensus.timeout_commit"] == "250ms"
    assert len(wanted) > 20


def test_the_limits_fit_each_other(tmp_path: Path, binary: Path) -> None:
    config = make(tmp_path / "home", binary).config()
    transaction = config["mempool"]["max_tx_bytes"]
    assert transaction >= 4 << 20  # the most a chain's parameter max_tx_bytes may be
    assert config["rpc"]["max_body_bytes"] > transaction * 4 // 3 + 1000
    buffer = "experimental_websocket_write_buffer_size"
    assert config["rpc"][buffer] >= config["rpc"]["experimental_subscription_buffer_size"]


def test_a_home_is_not_made_over_another(tmp_path: Path, binary: Path) -> None:
    path = tmp_path / "home"
    make(path, binary)
    with pytest.raises(HomeError, match="is not empty"):
        home.create(path, binary, NETWORK)


def test_what_cannot_be_made_is_explained(tmp_path: Path, binary: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HomeError, match="cannot make a home at"):
        home.create(tmp_path / "file" / "home", binary, NETWORK)


@pytest.mark.parametrize("part", ["settings_file", "config_file", "genesis_file"])
def test_a_home_without_a_part_is_refused(tmp_path: Path, binary: Path, part: str) -> None:
    place = make(tmp_path / "home", binary)
    getattr(place, part).unlink()
    with pytest.raises(HomeError, match=r"is missing.*`assayd init`"):
        home.open_home(place.path)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('abci = "socket"', 'abci = "grpc"', "abci must be 'socket', not 'grpc'"),
        ('type = "flood"', 'type = "nop"', "mempool.type must be 'flood', not 'nop'"),
        ("max_tx_bytes = 4194304", "max_tx_bytes = 1048576", "max_tx_bytes must be 4194304, not 1048576"),
        ("max_txs_bytes = 67108864", "max_txs_bytes = 1073741824", "max_txs_bytes may be at most 67108864"),
        ("max_txs_bytes = 67108864", 'max_txs_bytes = "much"', "max_txs_bytes may be at most 67108864"),
        ("[mempool]", "[mempool", "cannot be read"),
    ],
)
def test_a_config_that_would_stop_the_node_later_is_refused(
    tmp_path: Path, binary: Path, old: str, new: str, sentence: str
) -> None:
    place = make(tmp_path / "home", binary)
    text = place.config_file.read_text()
    assert old in text
    place.config_file.write_text(text.replace(old, new))
    with pytest.raises(HomeError, match=sentence):
        home.open_home(place.path)


def test_unsafe_routes_are_for_this_machine_alone(tmp_path: Path, binary: Path) -> None:
    place = make(tmp_path / "home", binary)
    place.config_file.write_text(set_values(place.config_file.read_text(), {"rpc": {"unsafe": True}}))
    home.open_home(place.path)
    open_to_all = {"rpc": {"laddr": "tcp://0.0.0.0:4001"}}
    place.config_file.write_text(set_values(place.config_file.read_text(), open_to_all))
    with pytest.raises(HomeError, match="unsafe lets whoever reaches tcp:"):
        home.open_home(place.path)


@pytest.mark.parametrize(
    ("laddr", "url"),
    [
        ("tcp://0.0.0.0:80", "http://127.0.0.1:80"),
        ("tcp://[::1]:81", "http://[::1]:81"),
        ("tcp://h:1", "http://h:1"),
    ],
)
def test_the_rpc_url_is_one_this_machine_can_use(tmp_path: Path, laddr: str, url: str) -> None:
    place = home.Home(tmp_path)
    place.config_file.parent.mkdir()
    place.config_file.write_text(f'[rpc]\nladdr = "{laddr}"\n')
    assert place.rpc_url() == url


@pytest.mark.parametrize("laddr", ["unix:///x", "tcp://127.0.0.1:abc", "tcp://127.0.0.1", "tcp://[::1"])
def test_an_rpc_that_is_not_at_a_port_is_refused(tmp_path: Path, laddr: str) -> None:
    place = home.Home(tmp_path)
    place.config_file.parent.mkdir()
    place.config_file.write_text(f'[rpc]\nladdr = "{laddr}"\n')
    with pytest.raises(HomeError, match="must be tcp://host:port"):
        place.rpc_url()


@pytest.mark.parametrize("anew", [False, True])
def test_a_removed_chain_leaves_the_keys_and_the_record_of_what_was_signed(
    tmp_path: Path, binary: Path, anew: bool
) -> None:
    place = make(tmp_path / "home", binary)
    key = cometbft.validator_key(binary, place.path)
    (place.store / "record").touch()
    (place.path / "data" / "state.db").mkdir()
    cometbft.signed_file(place.path).write_text('{"height": "7", "round": 0, "step": 3}')
    home.remove_chain(place, forget_signed=anew)
    left = sorted(path.name for path in place.store.parent.iterdir())
    assert left == ["assay", "priv_validator_state.json"]
    assert list(place.store.iterdir()) == []
    assert cometbft.signed_height(place.path) == (0 if anew else 7)
    assert cometbft.validator_key(binary, place.path) == key
    home.open_home(place.path)


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"chain_id": 1}', "{", '{"chain_id": "c"}', '{"chain_id": "c", "genesis_time": "noon"}'],
)
def test_a_genesis_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    place = home.Home(tmp_path)
    place.genesis_file.parent.mkdir()
    place.genesis_file.write_text(text)
    with pytest.raises(HomeError, match=r"genesis\.json"):
        place.genesis()


def test_the_chain_of_a_running_node_is_not_removed(tmp_path: Path, binary: Path) -> None:
    place = make(tmp_path / "home", binary)
    opened = "store = plyvel.DB(sys.argv[1], create_if_missing=True)"
    program = f"import sys, plyvel; {opened}; print(flush=True); input()"
    command = [sys.executable, "-c", program, str(place.store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(HomeError, match="stop it first"):
            home.remove_chain(place)
        assert list(place.store.iterdir())
        other.communicate(b"\n")
    assert not place.is_running()
    home.remove_chain(place)
    assert list(place.store.iterdir()) == []


def test_free_ports_differ() -> None:
    assert len(set(free_ports(20))) == 20
