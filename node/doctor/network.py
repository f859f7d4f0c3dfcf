"""Ports, and a running node's place in its network."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from assay.client.client import Client
from assay.client.errors import ClientError
from assay.client.rpc import block_time, understood
from assay.node.doctor.findings import Finding, good, note, wrong
from assay.node.home import Home, host_and_port

CLOCK_SECONDS: Final = 10.0
"""A new block's time may differ from this machine's by so much."""


def ports(home: Home) -> Iterator[Finding]:
    """Look whether a node that is stopped could listen where it is to listen."""
    free = []
    for name, address in _addresses(home):
        host, port = host_and_port(address)
        problem = _taken(host, port) if port else ""
        if problem:
            yield wrong(
                "ports",
                f"{name} {address}: {problem}",
                f"`ss -ltnp | grep {port}` names who has it; stop that, or choose another address",
            )
        elif port:
            free.append(f"{name} {port}")
    yield good("ports", f"free for {', '.join(free)}")


def _addresses(home: Home) -> Iterator[tuple[str, str]]:
    config = home.config()
    yield "p2p.laddr", config.get("p2p", {}).get("laddr", "")
    yield "rpc.laddr", config.get("rpc", {}).get("laddr", "")
    yield "metrics.address", home.settings().metrics.address
    yield "priv_validator_laddr", config.get("priv_validator_laddr", "")
    if config.get("instrumentation", {}).get("prometheus"):
        yield "prometheus_listen_addr", config["instrumentation"].get("prometheus_listen_addr", "")


def _taken(host: str, port: int) -> str:
    """Return why nobody could listen there now; nothing if one could."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            return "another program listens there" if taken else (error.strerror or str(error))
    return ""


async def running(home: Home) -> list[Finding]:
    """Ask a running node how it is."""
    try:
        async with Client(home.rpc_url()) as client:
            status = await client.rpc.call("status")
            net = await client.rpc.call("net_info")
            with understood("status"):
                return place(home, status, int(net["n_peers"]))
    except ClientError as error:
        remedy = "data/cometbft.log in the home may say why; a node that has just started takes some seconds"
        return [wrong("rpc", f"the node runs, and its RPC does not answer: {error}".rstrip("."), remedy)]


def place(home: Home, status: dict[str, Any], peers: int) -> list[Finding]:
    """Judge CometBFT's status and number of peers."""
    return [*_progress(status), *_peers(home, peers)]


def _progress(status: dict[str, Any]) -> Iterator[Finding]:
    sync = status["sync_info"]
    height, age = int(sync["latest_block_height"]), block_age(sync)
    if sync["catching_up"]:
        yield note("progress", f"catching up, at height {height}", "wait: it votes when it has caught up")
    elif age > 6 * CLOCK_SECONDS:
        yield wrong(
            "progress",
            f"the last block, {height}, is {age:.0f} s old",
            "two thirds of the voting power must be connected: look at peers here and at theirs",
        )
    else:
        yield good("progress", f"height {height}, {max(age, 0):.1f} s ago")
    if age < -CLOCK_SECONDS:
        yield wrong(
            "clock", f"the last block is {-age:.0f} s in the future", "set this machine's clock right"
        )


def block_age(sync: dict[str, Any]) -> float:
    """Return how many seconds ago, by this machine's clock, the last block was made."""
    return (datetime.now(UTC) - block_time(sync["latest_block_time"])).total_seconds()


def _peers(home: Home, peers: int) -> Iterator[Finding]:
    p2p = home.config().get("p2p", {})
    expects = bool(p2p.get("persistent_peers") or p2p.get("seeds"))
    if peers or not expects:
        yield good("peers", f"{peers} connected")
    else:
        yield wrong(
            "peers",
            "none is connected, though config.toml names some",
            "are they reachable (`nc -vz HOST PORT`), are their ids right (`assayd show-node-id` there)?",
        )
