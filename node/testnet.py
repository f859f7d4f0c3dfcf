"""A chain of several validators whose nodes all run on this machine.

::

    DIRECTORY/node0/     the first validator's home, complete in itself
    DIRECTORY/node1/     …
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from assay.node import cometbft
from assay.node.founders import Founder, create_founder
from assay.node.genesis import write_genesis
from assay.node.home import (
    Home,
    HomeError,
    Network,
    create,
    open_home,
    removed_on_failure,
    write_config,
)
from assay.node.ports import LOOPBACK, free_ports, listen

MAX_VALIDATORS: Final = 32
_NODE: Final = "node"


@dataclass(frozen=True)
class Plan:
    """What a local network shall be like.

    Attributes
    ----------
    stakes
        What each validator begins with, in uasy.
    base_port
        The first of each node's ports (peers, RPC, metrics); 0 takes ports that are free now.
    block_milliseconds
        The pause after a block.
    metrics
        Whether each node serves metrics, at a third port.
    """

    stakes: Sequence[int]
    base_port: int
    block_milliseconds: int
    metrics: bool = False

    @property
    def ports_each(self) -> int:
        """Ports of a node."""
        return 3 if self.metrics else 2

    @property
    def validators(self) -> int:
        """How many there are."""
        return len(self.stakes)

    def ports(self) -> list[int]:
        """Return all ports, those of the first node first.

        Raises
        ------
        HomeError
            If one does not exist, or is taken.
        """
        count = self.ports_each * self.validators
        if not self.base_port:
            return free_ports(count)
        if self.base_port + count > 1 << 16:
            raise HomeError(f"from port {self.base_port} on there are no {count} ports")
        ports = list(range(self.base_port, self.base_port + count))
        with ExitStack() as stack:
            for port in ports:
                _take(stack, port)
        return ports


def _take(stack: ExitStack, port: int) -> None:
    try:
        listen(stack, port)
    except OSError as error:
        raise HomeError(
            f"port {port} is not free ({error.strerror}): choose others with --base-port, "
            "or --base-port 0 for any that are"
        ) from None


def create_testnet(
    path: Path, binary: Path, plan: Plan, genesis: Callable[[list[Founder]], dict[str, Any]]
) -> list[Home]:
    """Make the homes of a new chain's validators, each a persistent peer of every other.

    Parameters
    ----------
    path
        A directory that does not exist or is empty.
    binary
        CometBFT.
    plan
        How many nodes, and where they listen.
    genesis
        Gives the chain's genesis document for its validators.

    Raises
    ------
    HomeError, CometBFTError
        If the homes cannot be made; nothing of them is left.
    """
    with removed_on_failure(path):
        ports = plan.ports()
        networks = [_network(plan, number, ports) for number in range(plan.validators)]
        homes = [create(path / network.moniker, binary, network) for network in networks]
        founders = [
            create_founder(home.path, home.path.name, stake)
            for home, stake in zip(homes, plan.stakes, strict=True)
        ]
        document = genesis(founders)
        ids = [cometbft.node_id(binary, home.path) for home in homes]
        peers = [f"{ident}@{network.p2p}" for ident, network in zip(ids, networks, strict=True)]
        for number, (home, network) in enumerate(zip(homes, networks, strict=True)):
            write_config(home, replace(network, peers=(*peers[:number], *peers[number + 1 :])))
            home.change_settings({"workers": {"processes": _processes(plan.validators)}})
            if plan.metrics:
                address = f"{LOOPBACK}:{ports[plan.ports_each * number + 2]}"
                home.change_settings({"metrics": {"address": address}})
            write_genesis(home, document)
    return homes


def open_testnet(path: Path) -> list[Home]:
    """Return the homes of a local network, in order.

    Raises
    ------
    HomeError
        If there is none, or one of them lacks a part.
    """
    homes: list[Home] = []
    while (place := path / f"{_NODE}{len(homes)}").is_dir():
        homes.append(open_home(place))
    if not homes:
        raise HomeError(f"{path} holds no local network. Make one with `assayd testnet --dir {path}`.")
    return homes


def _network(plan: Plan, number: int, ports: Sequence[int]) -> Network:
    """Return how a node appears, before its peers' ids are known."""
    p2p, rpc, *_ = ports[plan.ports_each * number :]
    return Network(
        moniker=f"{_NODE}{number}",
        rpc=f"{LOOPBACK}:{rpc}",
        p2p=f"{LOOPBACK}:{p2p}",
        loopback=True,
        block_milliseconds=plan.block_milliseconds,
    )


def _processes(validators: int) -> int:
    """Return how many workers a node may have: together they leave one processor free, each has one."""
    return max(1, ((os.cpu_count() or 1) - 1) // validators)
