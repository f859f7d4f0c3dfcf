"""A validator behind a sentry node, as docs/hardening.md lays it out: outsiders never learn its address."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assay.node import cometbft
from assay.node.home import Home, host_and_port, open_home
from assay.node.ports import LOOPBACK, free_ports
from assay.node.tomlfile import set_values

pytestmark = pytest.mark.e2e

ASSAYD = [sys.executable, "-c", "from assay.node.cli import main; main()"]


@dataclass
class Layout:
    """Three nodes: a validator, its sentry, and one that knows the sentry alone."""

    validator: Any
    sentry: Any
    outsider: Any
    validator_id: str

    def start(self) -> None:
        for node in (self.validator, self.sentry, self.outsider):
            node.start()


def configure(home: Home, **p2p: Any) -> None:
    home.config_file.write_text(set_values(home.config_file.read_text(), {"p2p": p2p}))


def peers(node: Any) -> set[str]:
    return {peer["node_info"]["id"] for peer in node.rpc("net_info")["peers"]}


def known(node: Any) -> str:
    """The addresses a node keeps, as it writes them."""
    book = node.home.path / "config" / "addrbook.json"
    return book.read_text() if book.exists() else "{}"


@pytest.fixture
def layout(tmp_path: Path, make_node: Callable[..., Any], pinned_cometbft: Path) -> Layout:
    homes, ids, addresses = [], [], []
    for name in ("validator", "sentry", "outsider"):
        rpc, p2p = (f"{LOOPBACK}:{port}" for port in free_ports(2))
        options = ["--rpc", rpc, "--p2p", p2p, "--cometbft", str(pinned_cometbft), "--moniker", name]
        if homes:
            options += ["--genesis", str(homes[0].genesis_file)]
        else:
            options += ["--param", "preset=small", "--block-time", "200"]
        path = tmp_path / name
        subprocess.run([*ASSAYD, "--home", str(path), "init", *options], check=True, capture_output=True)
        homes.append(open_home(path))
        ids.append(cometbft.node_id(pinned_cometbft, path))
        addresses.append(f"{ids[-1]}@{p2p}")
    validator, sentry, outsider = homes
    configure(validator, pex=False, persistent_peers=addresses[1])
    configure(
        sentry,
        pex=True,
        persistent_peers=addresses[0],
        private_peer_ids=ids[0],
        unconditional_peer_ids=ids[0],
    )
    configure(outsider, pex=True, persistent_peers=addresses[1])
    nodes = [make_node(home, [*ASSAYD, "--home", str(home.path), "start"]) for home in homes]
    return Layout(*nodes, ids[0])


@pytest.mark.long
def test_the_outside_gets_blocks_and_not_the_validator_s_address(layout: Layout) -> None:
    layout.start()
    layout.outsider.wait_for_height(5, 120)
    outsider_id = layout.outsider.rpc("status")["node_info"]["id"]
    layout.sentry.wait_until(lambda: len(peers(layout.sentry)) == 2, "both of its peers")
    assert peers(layout.sentry) == {layout.validator_id, outsider_id}
    assert len(peers(layout.outsider)) == len(peers(layout.validator)) == 1
    layout.outsider.wait_for_height(layout.outsider.height() + 20, 120)
    for node in (layout.outsider, layout.sentry):
        node.stop()  # it writes its book then
    assert layout.validator_id not in known(layout.outsider)
    assert layout.validator_id not in known(layout.sentry)


@pytest.mark.long
def test_without_private_peer_ids_the_sentry_passes_the_address_on(layout: Layout) -> None:
    """What the setting is there for: the test above can fail."""
    configure(layout.sentry.home, private_peer_ids="")
    layout.start()
    layout.sentry.wait_until(lambda: len(peers(layout.sentry)) == 2, "both of its peers", 120)
    layout.sentry.stop()
    book = json.loads(known(layout.sentry))
    port = host_and_port(layout.validator.home.config()["p2p"]["laddr"])[1]
    assert layout.validator_id in json.dumps(book)
    assert str(port) in json.dumps(book)
