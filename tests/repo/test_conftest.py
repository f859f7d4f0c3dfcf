"""What tests/conftest.py promises: no way out of this machine, a time budget, an order drawn from a seed."""

import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assay.node import ports

ELSEWHERE = "192.0.2.1"  # an address for documentation, RFC 5737: nobody's


def run(repository: Path, *options: str) -> str:
    command = [sys.executable, "-m", "pytest", "-v", "tests/repo/test_check_summary.py", *options]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False).stdout


def order(output: str) -> list[str]:
    return re.findall(r"^tests/\S+::(\S+)", output, re.MULTILINE)


def test_a_socket_cannot_leave_this_machine() -> None:
    with socket.socket() as connection, pytest.raises(PermissionError, match=ELSEWHERE):
        connection.connect((ELSEWHERE, 80))
    with pytest.raises(PermissionError, match="example"):
        socket.getaddrinfo("example.org", 80)


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_no_test_starts_when_the_budget_is_used_up(repository: Path) -> None:
    output = run(repository, "--budget=0")
    assert "the budget of 0 s is used up" in output
    assert re.search(r"= \d+ skipped in ", output)


def test_tests_that_share_a_network_run_in_one_process(repository: Path) -> None:
    folders = ("tests/e2e/chain", "tests/e2e/four")
    output = run(repository, "-n2", "--budget=0", *folders)
    ran = re.findall(r"^\[(gw\d)\] .* SKIPPED (\S+)/test_", output, re.MULTILINE)
    assert len(ran) > 40
    processes = [{process for process, where in ran if where == folder} for folder in folders]
    assert sorted(map(len, processes)) == [1, 1]


def test_the_order_follows_from_the_seed(repository: Path) -> None:
    first, same, other = (order(run(repository, "--budget=0", f"--order-seed={seed}")) for seed in (1, 1, 2))
    assert len(first) > 10
    assert first == same != other
    assert sorted(first) == sorted(other)


def test_some_long_tests_come_first_whatever_the_seed(repository: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-m", "long", "--order-seed=3"]
    tests = ["tests/node/crash", "tests/node/conformance", "tests/e2e/four"]
    listed = subprocess.run(
        [*command, *tests], cwd=repository, capture_output=True, text=True, check=True
    ).stdout
    first = [line.partition("::")[0] for line in listed.splitlines()[:2]]
    assert sorted(first) == ["tests/e2e/four/test_soak.py", "tests/node/crash/test_crash.py"]


def test_processes_draw_from_ports_of_their_own(
    repository: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    conftest: Any = pytestconfig.pluginmanager.get_plugin(str(repository / "tests" / "conftest.py"))
    monkeypatch.setattr(ports, "LISTENING_PORTS", range(20_000, 20_009))
    drawn = []
    for worker in ("gw0", "gw1"):
        with monkeypatch.context() as process:
            process.setattr(ports, "LISTENING_PORTS", ports.LISTENING_PORTS)
            process.setenv("PYTEST_XDIST_WORKER", worker)
            process.setenv("PYTEST_XDIST_WORKER_COUNT", "2")
            conftest._keep_to_own_ports()
            drawn.append(set(ports.LISTENING_PORTS))
    assert drawn[0].isdisjoint(drawn[1])
    assert drawn[0] | drawn[1] == set(range(20_000, 20_009))
