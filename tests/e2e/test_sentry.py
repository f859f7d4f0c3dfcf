"""A validator behind a sentry node, as docs/hardening.md lays it out: outsiders never learn its address."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.pages.newcomer import Newcomer, Word
from tests.e2e.pages.page import Command, docs

from assay.node.home import Home, host_and_port, open_home
from assay.node.ports import LOOPBACK, free_ports
from assay.node.tomlfile import set_values

pytestmark = pytest.mark.e2e

ASSAYD = [sys.executable, "-c", "from assay.node.cli import main; main()"]


SECTION = "Sentries"


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
def layout(tmp_path: Path, make_node: Callable[..., Any], pinned_cometbft: Path, repository: Path) -> Layout:
    """Every node is made, and set, as the page says."""
    page = docs(repository, "hardening.md")
    *_, init, _ = page.commands("A user of its own, files of its own")
    first, second, third = homes = [tmp_path / name for name in ("validator", "sentry", "outsider")]
    (show_id,) = page.commands(SECTION)
    operator = Newcomer(tmp_path / "reader", binary=pinned_cometbft)

    def made(command: str, home: Path) -> tuple[str, str]:
        """Make a home; return the node's id and where its peers reach it."""
        rpc, p2p = (f"{LOOPBACK}:{port}" for port in free_ports(2))
        operator.type(f"{command} --rpc {rpc} --p2p {p2p} --moniker {home.name}")
        return operator.type(show_id, {"HOME": home}).strip(), p2p

    def join(init: Command, home: Path, peer: str) -> tuple[str, str]:
        words: dict[str, Word] = {
            "sudo -u assay /opt/assay/.venv/bin/assayd": "assayd",
            "/var/lib/assay": home,
            "genesis.json": first / "config" / "genesis.json",
            "ID@HOST:26656": peer,
        }
        return made(operator.here(init, words), home)

    validator, at = made(f"assayd --home {first} init --param preset=small --block-time 200", first)
    sentry, behind = join(init, second, f"{validator}@{at}")
    (another,) = docs(repository, "validator.md").commands("Another chain's node")
    operator.environment["ASSAYD_HOME"] = str(third)
    join(another, third, f"{sentry}@{behind}")
    words: dict[str, Word] = {"VALIDATOR_ID": validator, "SENTRY_ID": sentry}
    words |= {"10.0.0.1:26656": at, "10.0.0.2:26656": behind, "0.0.0.0:26656": behind}
    for home, settings in zip(homes, page.block("toml", SECTION), strict=False):
        operator.edit(open_home(home).config_file, settings, words)
    configure(open_home(third), pex=True)
    nodes = [make_node(open_home(home), [*ASSAYD, "--home", str(home), "start"]) for home in homes]
    return Layout(*nodes, validator)


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
