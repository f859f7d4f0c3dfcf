from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.node.cli.commands import assayd
from assay.node.home import Home, open_home
from assay.node.ports import LOOPBACK, free_ports


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that has never run, on ports that are free."""
    rpc, p2p, metrics = (f"{LOOPBACK}:{port}" for port in free_ports(3))
    options = ("--rpc", rpc, "--p2p", p2p, "--metrics", metrics, "--param", "preset=small")
    done = CliRunner().invoke(assayd, ["--home", str(tmp_path / "home"), "init", *options])
    assert done.exit_code == 0, done.output
    return open_home(tmp_path / "home")
