"""A node's home: the directory that holds everything one node owns.

::

    HOME/assayd.toml     settings of the application
    HOME/config/         CometBFT: config.toml, genesis.json, node and validator key
    HOME/data/           CometBFT: blocks, state, write-ahead log, cometbft.log
    HOME/data/assay/     the application's store
    HOME/data/snapshots/ snapshots of the state, for peers
    HOME/committee/      secrets of the committee's keys; only this user may enter
"""

from __future__ import annotations

import fcntl
import json
import shutil
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from assay.node import cometbft, settings
from assay.node.abci.server import check_unix_path
from assay.node.ports import LOOPBACK, is_private
from assay.node.tomlfile import UnknownSettingError, set_values

_PRIVATE = stat.S_IRWXU
BACKUP_FILE: Final = "backup.json"
"""A home that has this file is a backup; the file says what belongs to it."""


class HomeError(Exception):
    """A home is missing, incomplete, or cannot be made."""


@dataclass(frozen=True)
class Network:
    """How a node's CometBFT appears on the network.

    Attributes
    ----------
    moniker
        The node's name, for people.
    rpc, p2p
        Addresses to listen at, ``host:port``.
    peers
        ``id@host:port`` of nodes to stay connected to.
    loopback
        Whether all nodes run on this machine: address checks are relaxed and
        peers are not exchanged.
    block_milliseconds
        CometBFT's ``timeout_commit``: the pause after a block.
    metrics
        Address for CometBFT's own metrics; empty for none.
    """

    moniker: str = "node"
    rpc: str = f"{LOOPBACK}:26657"
    p2p: str = f"{LOOPBACK}:26656"
    peers: tuple[str, ...] = ()
    loopback: bool = False
    block_milliseconds: int = 1000
    metrics: str = ""

    def config(self) -> dict[str, Any]:
        """Return the settings of ``config.toml`` that this decides."""
        return {
            "moniker": self.moniker,
            "rpc": {"laddr": f"tcp://{self.rpc}"},
            "p2p": {
                "laddr": f"tcp://{self.p2p}",
                "persistent_peers": ",".join(self.peers),
                "addr_book_strict": not self.loopback,
                "allow_duplicate_ip": self.loopback,
                "pex": not self.loopback,
            },
            "consensus": {"timeout_commit": f"{self.block_milliseconds}ms"},
            "instrumentation": {
                "prometheus": bool(self.metrics),
                "prometheus_listen_addr": self.metrics or f"{LOOPBACK}:26660",
            },
        }


@dataclass(frozen=True)
class Home:
    """The paths of a home."""

    path: Path

    @property
    def settings_file(self) -> Path:
        """``assayd.toml``."""
        return self.path / settings.FILE_NAME

    @property
    def config_file(self) -> Path:
        """CometBFT's ``config.toml``."""
        return self.path / "config" / "config.toml"

    @property
    def genesis_file(self) -> Path:
        """``genesis.json``."""
        return self.path / "config" / "genesis.json"

    @property
    def store(self) -> Path:
        """The application's LevelDB."""
        return self.path / "data" / "assay"

    @property
    def snapshots(self) -> Path:
        """Snapshots of the state, for peers."""
        return self.path / "data" / "snapshots"

    @property
    def restored(self) -> Path:
        """Where a state from peers is put together, before it becomes the store."""
        return self.path / "data" / "assay.restored"

    @property
    def committee(self) -> Path:
        """Secrets of the committee's keys."""
        return self.path / "committee"

    @property
    def cometbft_log(self) -> Path:
        """What CometBFT prints."""
        return self.path / "data" / "cometbft.log"

    @property
    def socket(self) -> Path:
        """The unix socket between CometBFT and the application."""
        return self.path / "data" / "abci.sock"

    @property
    def gentx_directory(self) -> Path:
        """Where `assayd gentx` writes and `assayd collect-gentxs` reads."""
        return self.path / "config" / "gentx"

    def settings(self) -> settings.Settings:
        """Read ``assayd.toml``; raises `SettingsError`."""
        return settings.read_settings(self.settings_file)

    def change_settings(self, values: Mapping[str, Any]) -> None:
        """Write values, by section, into ``assayd.toml``; comments and other values stay."""
        text = self.settings_file.read_text(encoding="utf-8")
        self.settings_file.write_text(set_values(text, values), encoding="utf-8")

    def set_peers(self, peers: Sequence[str]) -> None:
        """Stay connected to these nodes, ``id@host:port``, and no others."""
        text = self.config_file.read_text(encoding="utf-8")
        values = {"p2p": {"persistent_peers": ",".join(peers)}}
        self.config_file.write_text(set_values(text, values), encoding="utf-8")

    def abci_address(self) -> str:
        """Return where the application listens: the address in ``assayd.toml``, or the home's socket."""
        return self.settings().abci.address or f"unix://{self.socket.absolute()}"

    def config(self) -> dict[str, Any]:
        """Read CometBFT's ``config.toml``."""
        try:
            return tomllib.loads(self.config_file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise HomeError(f"{self.config_file} cannot be read: {error}") from error

    def genesis(self) -> dict[str, Any]:
        """Read ``genesis.json``; see `read_genesis`."""
        return read_genesis(self.genesis_file)

    def rpc_url(self) -> str:
        """Return the URL of this node's RPC, as seen from this machine."""
        address = self.config().get("rpc", {}).get("laddr", "")
        host, port = host_and_port(address)
        if not port or not address.startswith("tcp://"):
            raise HomeError(f"{self.config_file}: rpc.laddr must be tcp://host:port, not {address!r}")
        host = LOOPBACK if host in ("", "0.0.0.0", "::") else host  # noqa: S104
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def is_backup(self) -> bool:
        """Tell whether this is a backup, which stays as it was made."""
        return (self.path / BACKUP_FILE).exists()

    def is_running(self) -> bool:
        """Tell whether a node has this home's store open, by LevelDB's own lock."""
        try:
            with (self.store / "LOCK").open("r+b") as lock:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:  # held by another process
            return True
        return False


def host_and_port(address: str) -> tuple[str, int]:
    """Take an address apart, with or without ``tcp://``; port 0 if it is not ``host:port``."""
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        return parts.hostname or "", parts.port or 0
    except ValueError:
        return "", 0


def read_genesis(path: Path) -> dict[str, Any]:
    """Read a chain's genesis document.

    Raises
    ------
    HomeError
        If it cannot be read, or does not say which chain it begins, and when.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HomeError(f"{path} cannot be read as a genesis file: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("chain_id"), str):
        raise HomeError(f"{path} is not a genesis file: it names no chain_id")
    try:
        genesis_time(document)
    except (KeyError, TypeError, ValueError):
        raise HomeError(
            f"{path} has no genesis_time such as 2026-01-31T12:00:00Z; take the chain's own genesis file"
        ) from None
    return document


def genesis_time(document: dict[str, Any]) -> float:
    """Return when the chain may make its first block, in seconds of Unix time."""
    return datetime.fromisoformat(document["genesis_time"]).timestamp()


def create(path: Path, binary: Path, network: Network) -> Home:
    """Make a home without a genesis of ours (`assay.node.genesis` writes that).

    Parameters
    ----------
    path
        A directory that does not exist or is empty.
    binary
        CometBFT; decides which settings ``config.toml`` has.
    network
        Addresses, peers, block time.

    Raises
    ------
    HomeError
        If something is there already, or the files cannot be written.
    CometBFTError
        If CometBFT refuses.
    AddressError
        If the path is too long for the socket that will be in it.
    """
    home = Home(path.absolute())
    check_unix_path(home.socket)
    try:
        if path.exists() and any(path.iterdir()):
            raise HomeError(f"{path} is not empty: choose another home, or remove it")
        for directory in (home.path, home.committee, home.store):
            directory.mkdir(parents=True, exist_ok=True)
            directory.chmod(_PRIVATE)
        cometbft.init(binary, home.path)
        write_config(home, network)
        home.settings_file.write_text(settings.template(settings.FILE_NAME), encoding="utf-8")
    except OSError as error:
        raise HomeError(f"cannot make a home at {path}: {error}") from error
    return home


@contextmanager
def removed_on_failure(path: Path) -> Iterator[None]:
    """Make something at a place that is empty; if that fails, remove what was made of it.

    Raises
    ------
    HomeError
        If something is there already.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise HomeError(f"{path} is not empty: choose another home, or remove it")
    try:
        yield
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


def write_config(home: Home, network: Network) -> None:
    """Write Assay's values into the home's ``config.toml``; other values stay."""
    try:
        text = home.config_file.read_text(encoding="utf-8")
        text = set_values(text, tomllib.loads(settings.template("cometbft.toml")))
        text = set_values(text, {"proxy_app": f"unix://{home.socket}", **network.config()})
    except UnknownSettingError as error:
        raise HomeError(f"{home.config_file} was not written by CometBFT v0.38 or v0.40: {error}") from error
    home.config_file.write_text(text, encoding="utf-8")


def open_home(path: Path, *, backup: bool = False) -> Home:
    """Return a home that has all its parts.

    Parameters
    ----------
    path
        Its directory.
    backup
        Whether it may be a backup, of which nothing may be changed.

    Raises
    ------
    HomeError
        If one is missing, or CometBFT is configured in a way the application
        cannot work with.
    """
    home = Home(path.absolute())
    for part in (home.settings_file, home.config_file, home.genesis_file):
        if not part.is_file():
            raise HomeError(f"{path} is not a node's home: {part} is missing. Create one with `assayd init`.")
    if home.is_backup() and not backup:
        raise HomeError(
            f"{path} is a backup: make a home of it with `assayd --home NEW restore {path}`, and use that"
        )
    _check_config(home)
    return home


def _check_config(home: Home) -> None:
    """Refuse settings of CometBFT that would stop the node later, without a word."""
    config = home.config()
    mempool = config.get("mempool", {})
    required = tomllib.loads(settings.template("cometbft.toml"))
    for name, found, wanted in (
        ("abci", config.get("abci"), required["abci"]),
        ("mempool.type", mempool.get("type"), required["mempool"]["type"]),
        ("mempool.max_tx_bytes", mempool.get("max_tx_bytes"), required["mempool"]["max_tx_bytes"]),
    ):
        if found != wanted:
            raise HomeError(f"{home.config_file}: {name} must be {wanted!r}, not {found!r}")
    rpc = config.get("rpc", {})
    if rpc.get("unsafe") and not is_private(str(rpc.get("laddr", ""))):
        raise HomeError(
            f"{home.config_file}: rpc.unsafe lets whoever reaches {rpc.get('laddr')} dial peers and empty "
            "the mempool: set it to false, or let the RPC listen on 127.0.0.1"
        )
    limit, found = required["mempool"]["max_txs_bytes"], mempool.get("max_txs_bytes")
    if not isinstance(found, int) or found > limit:
        raise HomeError(f"{home.config_file}: mempool.max_txs_bytes may be at most {limit}, not {found!r}")


def remove_chain(home: Home, *, forget_signed: bool = False) -> None:
    """Remove blocks and state, so that the node starts from genesis; keys and settings stay.

    So does, by default, the record of what the validator has signed: when it has its blocks again from its
    peers, it signs nothing else for a height that it has signed before.

    Parameters
    ----------
    forget_signed
        Drop that record too, for a chain that begins anew.

    Raises
    ------
    HomeError
        If the node is running.
    """
    if home.is_running():
        raise HomeError(f"a node is running in {home.path}: stop it first")
    kept = () if forget_signed else (cometbft.signed_file(home.path),)
    for place in home.store.parent.iterdir():
        if place.is_dir():
            shutil.rmtree(place)
        elif place not in kept:
            place.unlink()
    if forget_signed:
        cometbft.forget_signed(home.path)
    home.store.mkdir(mode=_PRIVATE)
