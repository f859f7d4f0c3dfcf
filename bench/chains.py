"""Chains in a directory of their own: ours, of one or several validators, and those it is compared with.

All are made by `assayd`, so CometBFT has the same settings under each.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bare_application

from assay.client.client import Client
from assay.client.errors import ClientError
from assay.client.rpc import Rpc
from assay.node.cometbft import find_binary, start_command
from assay.node.home import Home
from assay.node.ports import LOOPBACK, free_ports
from assay.node.testnet import open_testnet

CHAIN_ID = "assay-bench"
START_SECONDS = 120.0
_ASSAYD = (sys.executable, "-c", "from assay.node.cli import main; main()")


@dataclass(frozen=True)
class Chain:
    """A running chain.

    Attributes
    ----------
    url
        Of its RPC.
    processes
        The validator's, or all validators'; others are their children.
    """

    url: str
    processes: tuple[int, ...]


@contextmanager
def assay(
    balances: Mapping[str, int] | None = None,
    params: Iterable[str] = (),
    metrics: str = "",
    change: Callable[[Home], None] = lambda _: None,
) -> Iterator[Chain]:
    """Run a chain of ours with these accounts and parameters (``NAME=VALUE``), its committee's keys made.

    It serves metrics at ``metrics``, if that is an address. ``change`` may change its home before it starts.
    """
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as directory:
        home = _init(Path(directory, "home"), params)
        _fund(home, balances or {})
        home.change_settings({"metrics": {"address": metrics}})
        change(home)
        with _running(home, [*_ASSAYD, "--home", str(home.path), "start", "--log", "json"]) as chain:
            asyncio.run(_keys_ready(chain.url))
            yield chain


@contextmanager
def testnet(validators: int, balances: Mapping[str, int]) -> Iterator[list[Chain]]:
    """Run a chain of several validators; yields their nodes, once the committee has made its keys."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as directory:
        path = Path(directory, "net")
        made = [
            "--validators",
            str(validators),
            "--dir",
            str(path),
            "--base-port",
            "0",
            "--chain-id",
            CHAIN_ID,
        ]
        subprocess.run([*_ASSAYD, "testnet", *made], check=True, stdout=subprocess.DEVNULL)
        homes = open_testnet(path)
        for home in homes:
            _fund(home, balances)
        start = [*_ASSAYD, "testnet", "start", "--dir", str(path), "--log", "json"]
        with _running(homes[0], start) as chain:
            asyncio.run(_keys_ready(chain.url))
            yield [Chain(home.rpc_url(), chain.processes) for home in homes]


@contextmanager
def kvstore() -> Iterator[Chain]:
    """Run CometBFT's key-value store: in memory, in CometBFT's own process, without signatures."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as directory:
        home = _init(Path(directory, "home"), ())
        with _running(home, start_command(find_binary(), home.path, "kvstore")) as chain:
            yield chain


@contextmanager
def bare() -> Iterator[Chain]:
    """Run an application in Python that checks signatures and nothing else, behind our server."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as directory:
        home = _init(Path(directory, "home"), ())
        application = [sys.executable, bare_application.__file__, CHAIN_ID, home.abci_address()]
        command = start_command(find_binary(), home.path, home.abci_address())
        with _listening(application) as process, _running(home, command) as chain:
            yield Chain(chain.url, (*chain.processes, process))


def _init(path: Path, params: Iterable[str]) -> Home:
    rpc, p2p = free_ports(2)
    command = [*_ASSAYD, "--home", str(path), "init", "--chain-id", CHAIN_ID]
    command += ["--rpc", f"{LOOPBACK}:{rpc}", "--p2p", f"{LOOPBACK}:{p2p}"]
    for param in params:
        command += ["--param", param]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return Home(path)


def _fund(home: Home, balances: Mapping[str, int]) -> None:
    genesis = home.genesis()
    genesis["app_state"]["accounts"] += [
        {"address": address, "balance": str(amount)} for address, amount in balances.items()
    ]
    home.genesis_file.write_text(json.dumps(genesis), encoding="utf-8")


@contextmanager
def _running(home: Home, command: list[str]) -> Iterator[Chain]:
    with Path(home.path, "bench.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        asyncio.run(_first_block(home.rpc_url(), process))
        yield Chain(home.rpc_url(), (process.pid,))
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _listening(command: list[str]) -> Iterator[int]:
    """Run a program that prints a line when it listens; yield its process."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
    finally:
        process.terminate()
        process.wait()


async def _first_block(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the application has committed a block."""
    async with asyncio.timeout(START_SECONDS):
        while await _height(url) < 1:
            if process.poll() is not None:
                raise RuntimeError(f"the node ended with code {process.returncode} before a block")
            await asyncio.sleep(0.1)


async def _height(url: str) -> int:
    rpc = Rpc(url)
    try:
        return int((await rpc.call("abci_info"))["response"].get("last_block_height", 0))
    except ClientError:
        return 0
    finally:
        await rpc.close()


async def _keys_ready(url: str) -> None:
    """Wait until the committee has made its keys: what it sends for them is not part of a measurement."""
    async with asyncio.timeout(START_SECONDS), Client(url) as client:
        while (info := await client.query.chain()).ready_keys < info.params.key_pool:
            await asyncio.sleep(0.2)
