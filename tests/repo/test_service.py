"""The systemd unit starts a node as the node wants to be started."""

import configparser
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.node.cli.commands import assayd
from assay.node.settings import SupervisionSettings


@pytest.fixture
def unit(repository: Path) -> configparser.ConfigParser:
    found = configparser.ConfigParser()
    found.read(repository / "config" / "assayd.service")
    return found


def test_the_unit_s_command_is_one_that_assayd_knows(unit: configparser.ConfigParser) -> None:
    program, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert Path(program).name == "assayd"
    done = CliRunner().invoke(assayd, [*arguments, "--help"])
    assert done.exit_code == 0, done.output


def test_the_node_has_the_time_it_takes_to_stop(unit: configparser.ConfigParser) -> None:
    # CometBFT first, then the application's server.
    assert int(unit["Service"]["TimeoutStopSec"]) > 2 * SupervisionSettings().stop_seconds
    assert unit["Service"]["KillMode"] == "mixed"


def test_it_is_started_again_whatever_happened(unit: configparser.ConfigParser) -> None:
    assert unit["Service"]["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
