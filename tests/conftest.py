"""What all tests share: Hypothesis profiles, the time budget of long runs, and no way out of this machine."""

import ipaddress
import math
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from assay.node import ports

ROOT = Path(__file__).resolve().parent.parent
SHARED_NETWORKS = ("tests/e2e/chain/", "tests/e2e/four/")
"""Folders whose tests share a network that runs for as long as they do."""

set_hypothesis_home_dir(ROOT / "out" / "hypothesis")
# `make test` examines the same examples every time, so that it fails only for what was changed.
# `make test-long` draws new ones from its seed (--hypothesis-seed), and more of them.
hypothesis.settings.register_profile("quick", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.register_profile("long", max_examples=1000, deadline=None, print_blob=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("assay")
    group.addoption("--budget", type=float, metavar="SECONDS", help="start no test later than this")
    group.addoption("--order-seed", type=int, metavar="N", help="shuffle the tests in an order drawn from N")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("hypothesis_profile", None) is None:
        hypothesis.settings.load_profile("quick")
    sys.addaudithook(_refuse_other_machines)
    _keep_to_own_ports()


def _keep_to_own_ports() -> None:
    """Give each process of ``-n 2`` ports of its own: a killed node must find its port free again."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    ports.LISTENING_PORTS = ports.LISTENING_PORTS[number::processes]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    seed = config.getoption("order_seed")
    if seed is not None:
        random.Random(seed).shuffle(items)
        items.sort(key=lambda item: item.get_closest_marker("always") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share the tests out among the processes of ``-n 2``: by files, and whole where a network is shared."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return one_process(nodeid)

    config.option.loadscopereorder = False  # what takes longest is neither last nor has most tests
    return Scheduling(config, log)


def one_process(nodeid: str) -> str:
    """Return what of a test's path it has in common with those that run in the same process."""
    file, _, _ = nodeid.partition("::")
    return next((folder for folder in SHARED_NETWORKS if file.startswith(folder)), file)


_STARTED = time.monotonic()


def pytest_runtest_setup(item: pytest.Item) -> None:
    budget = item.config.getoption("budget")
    if budget is not None and time.monotonic() - _STARTED > budget:
        pytest.skip(f"not run: the budget of {budget:.0f} s is used up")


def _refuse_other_machines(event: str, args: tuple[Any, ...]) -> None:
    """Let sockets reach this machine and nothing else (CPython's audit events see every library's calls)."""
    if event == "socket.connect":
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None  # a str or bytes is a unix socket
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost") or _is_loopback(str(host)):
        return
    raise PermissionError(f"a test tried to reach {host!r}; tests may use loopback addresses only")


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def seed() -> int:
    """The run's seed, for tests that draw a scenario of their own (orders, moments to kill at)."""
    return int(os.environ.get("ASSAY_TEST_SEED", "0"))


@pytest.fixture
def time_left(request: pytest.FixtureRequest) -> float:
    """Seconds until the run's budget is used up, for tests that go on as long as there is time."""
    budget = request.config.getoption("budget")
    return math.inf if budget is None else max(0.0, float(budget) - (time.monotonic() - _STARTED))
