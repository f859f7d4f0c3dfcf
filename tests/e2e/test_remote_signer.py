"""The consensus key in a process of its own: CometBFT's signer server, over the protocol tmkms speaks."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import BINARIES, built

from assay.node.cometbft import signed_file
from assay.node.ports import LOOPBACK, free_ports
from assay.node.tomlfile import set_values

pytestmark = pytest.mark.e2e


def listens(address: str) -> bool:
    """Whether somebody listens at a port of this machine, asked without connecting."""
    port = int(address.rpartition(":")[2])
    sockets = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in sockets)


class Signer:
    """A signer with the key and the record of what it has signed, in a directory of its own."""

    def __init__(self, program: Path, directory: Path, address: str) -> None:
        self.directory, self.address = directory, address
        key, state = directory / "key.json", directory / "state.json"
        self._command = [str(program), "-addr", address, "-chain-id", "assay-dev"]
        self._command += ["-priv-key", str(key), "-priv-state", str(state)]
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


@pytest.fixture(params=["v0.40", pytest.param("v0.38", marks=pytest.mark.long)])
def node(request: pytest.FixtureRequest, assayd_node: Callable[..., Any], repository: Path) -> Any:
    return assayd_node(built(repository, BINARIES[request.param]))


@pytest.fixture
def signer(node: Any, tmp_path: Path, repository: Path) -> Iterator[Signer]:
    """The node's key, moved out of its home as docs/hardening.md says, and a signer that has it."""
    address = f"tcp://{LOOPBACK}:{free_ports(1)[0]}"
    directory = tmp_path / "signer"
    directory.mkdir(mode=0o700)
    os.rename(node.home.path / "config" / "priv_validator_key.json", directory / "key.json")
    os.rename(signed_file(node.home.path), directory / "state.json")
    text = set_values(node.home.config_file.read_text(), {"priv_validator_laddr": address})
    node.home.config_file.write_text(text)
    made = Signer(built(repository, "priv_val_server"), directory, address)
    yield made
    node.close()
    made.stop()


def validator_address(signer: Signer) -> str:
    found: str = json.loads((signer.directory / "key.json").read_text())["address"]
    return found


def test_a_remote_signer_signs_blocks_and_shares(node: Any, signer: Signer) -> None:
    code, output = node.start().wait()
    assert (code, "set [validator] address" in output) == (1, True)

    node.home.change_settings({"validator": {"address": validator_address(signer)}})
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


def test_without_its_signer_a_node_signs_nothing(node: Any, signer: Signer) -> None:
    node.home.change_settings({"validator": {"address": validator_address(signer)}})
    node.start()
    signer.start(node)
    node.wait_for_height(3)
    signer.stop()
    stuck = node.height() + 1  # a block whose votes are cast already may still be made
    with pytest.raises(AssertionError, match="no height"):
        node.wait_for_height(stuck + 1, 5)
