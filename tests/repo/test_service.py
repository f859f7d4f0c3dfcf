"""The systemd unit starts a node as the node wants to be started."""

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.node.cli.commands import assayd
from assay.node.doctor.machine import MIN_FILES
from assay.node.settings import SupervisionSettings


@pytest.fixture
def unit(repository: Path) -> configparser.ConfigParser:
    found = configparser.ConfigParser()
    found.optionxform = str  # type: ignore[assignment]
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


def test_its_home_is_the_directory_that_systemd_makes_writable(unit: configparser.ConfigParser) -> None:
    service = unit["Service"]
    home = shlex.split(service["ExecStart"])[2]
    assert home == f"/var/lib/{service['StateDirectory']}"
    assert service["Environment"] == f"NUMBA_CACHE_DIR=/var/cache/{service['CacheDirectory']}"
    assert service["StateDirectoryMode"] == "0700"


def test_it_may_open_as_many_files_as_the_doctor_asks_for(unit: configparser.ConfigParser) -> None:
    assert int(unit["Service"]["LimitNOFILE"]) >= MIN_FILES


def test_what_the_node_needs_is_not_taken_away(unit: configparser.ConfigParser) -> None:
    service = unit["Service"]
    assert "MemoryDenyWriteExecute" not in service  # numba writes code and runs it
    assert service["OOMPolicy"] == "continue"  # a killed worker is replaced, and the node goes on
    assert {"AF_UNIX", "AF_INET", "AF_INET6"} <= set(service["RestrictAddressFamilies"].split())


def test_systemd_itself_understands_the_unit(repository: Path, tmp_path: Path) -> None:
    """Where systemd is; elsewhere the tests above are all there is."""
    analyze = shutil.which("systemd-analyze")
    text = (repository / "config" / "assayd.service").read_text()
    copy = tmp_path / "assayd.service"
    copy.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", text))
    if analyze:
        done = subprocess.run(
            [analyze, "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
