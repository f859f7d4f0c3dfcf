"""The consensus key in a process of its own: CometBFT's signer server, over the protocol tmkms speaks."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import BINARIES, built
from tests.e2e.pages.newcomer import Newcomer, Word
from tests.e2e.pages.page import Page, docs

from assay.node.ports import LOOPBACK, free_ports

pytestmark = pytest.mark.e2e

SECTION = "A remote signer"


def listens(address: str) -> bool:
    """Whether somebody listens at a port of this machine, asked without connecting."""
    port = int(address.rpartition(":")[2])
    sockets = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in sockets)


class Signer:
    """A signer with the key and the record of what it has signed, in a directory of its own."""

    def __init__(self, directory: Path, address: str, command: str) -> None:
        self.directory, self.address = directory, address
        self._command = ["bash", "-c", f"exec {command}"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, node: Any) -> None:
        """Start once CometBFT listens: this program gives up after ten dials in vain, as tmkms does not."""
        node.wait_until(lambda: listens(self.address), "CometBFT waiting for its signer")
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def page(repository: Path) -> Page:
    return docs(repository, "hardening.md")


@pytest.fixture(params=["v0.40", pytest.param("v0.38", marks=pytest.mark.long)])
def node(request: pytest.FixtureRequest, assayd_node: Callable[..., Any], repository: Path) -> Any:
    return assayd_node(built(repository, BINARIES[request.param]))


@pytest.fixture
def newcomer(node: Any, tmp_path: Path, repository: Path) -> Newcomer:
    words: dict[str, Word] = {
        "HOME": node.home.path,
        "SIGNER": tmp_path / "signer",
        "10.0.0.1:26659": f"{LOOPBACK}:{free_ports(1)[0]}",
        "out/bin/priv_val_server": built(repository, "priv_val_server"),
    }
    return Newcomer(tmp_path / "reader", words)


@pytest.fixture
def signer(node: Any, newcomer: Newcomer, page: Page, tmp_path: Path) -> Iterator[Signer]:
    """The node's key, moved out of its home as the page says, and a signer that has it."""
    directory = tmp_path / "signer"
    directory.mkdir(mode=0o700)
    move, _, sign = page.commands(SECTION)
    laddr, _ = page.block("toml", SECTION)
    newcomer.type(move)
    newcomer.edit(node.home.config_file, laddr)
    made = Signer(directory, f"tcp://{newcomer.words['10.0.0.1:26659']}", newcomer.here(sign))
    yield made
    node.close()
    made.stop()


@pytest.fixture
def named(node: Any, newcomer: Newcomer, page: Page, signer: Signer) -> Callable[[], None]:
    """Tell the node whose key the signer has."""
    _, address = page.block("toml", SECTION)
    word = re.findall(r'"(\w{40})"', address)[0]
    return lambda: newcomer.edit(node.home.settings_file, address, {word: validator_address(signer)})


def validator_address(signer: Signer) -> str:
    found: str = json.loads((signer.directory / "priv_validator_key.json").read_text())["address"]
    return found


def test_a_remote_signer_signs_blocks_and_shares(
    node: Any, signer: Signer, named: Callable[[], None]
) -> None:
    code, output = node.start().wait()
    assert (code, "set [validator] address" in output) == (1, True)

    named()
    node.start()
    signer.start(node)
    node.wait_for_key()  # the committee's shares travel in votes that the signer has signed
    status = node.rpc("status")["validator_info"]
    assert status["address"] == validator_address(signer)
    # What CometBFT makes anew in the home is the key of nobody.
    fresh = node.home.path / "config" / "priv_validator_key.json"
    assert not fresh.exists() or validator_address(signer) not in fresh.read_text()

    signer.stop()
    height = node.height()
    signer.start(node)
    node.wait_for_height(height + 5, 120)


def test_without_its_signer_a_node_signs_nothing(
    node: Any, signer: Signer, named: Callable[[], None]
) -> None:
    named()
    node.start()
    signer.start(node)
    node.wait_for_height(3)
    signer.stop()
    stuck = node.height() + 1  # a block whose votes are cast already may still be made
    with pytest.raises(AssertionError, match="no height"):
        node.wait_for_height(stuck + 1, 5)
