import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assay.node.doctor import network
from assay.node.doctor.findings import Level
from assay.node.home import Home, host_and_port
from assay.node.ports import LOOPBACK, is_private
from assay.node.tomlfile import set_values


def status(seconds_ago: float, *, catching_up: bool = False) -> dict[str, Any]:
    made = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    time = made.strftime("%Y-%m-%dT%H:%M:%S.%f123Z")
    return {"sync_info": {"latest_block_height": "7", "latest_block_time": time, "catching_up": catching_up}}


def test_ports_that_are_free_are_named(home: Home) -> None:
    (found,) = network.ports(home)
    assert found.level is Level.OK
    for name in ("p2p.laddr", "rpc.laddr", "metrics.address"):
        assert name in found.text


def test_a_port_that_is_taken_is_named(home: Home) -> None:
    port = host_and_port(home.settings().metrics.address)[1]
    with socket.create_server((LOOPBACK, port)):
        taken, free = network.ports(home)
    assert taken.level is Level.WRONG
    assert "metrics.address" in taken.text
    assert str(port) in taken.remedy
    assert "metrics.address" not in free.text


@pytest.mark.parametrize(
    ("age", "catching_up", "peers", "levels"),
    [
        (1, False, 1, ["ok", "ok"]),
        (100, False, 1, ["wrong", "ok"]),
        (100, True, 1, ["note", "ok"]),
        (-60, False, 1, ["ok", "wrong", "ok"]),
        (1, False, 0, ["ok", "wrong"]),
    ],
)
def test_a_running_node_is_judged(
    home: Home, age: int, catching_up: bool, peers: int, levels: list[str]
) -> None:
    text = set_values(home.config_file.read_text(), {"p2p": {"persistent_peers": "ab@127.0.0.1:1"}})
    home.config_file.write_text(text)
    found = network.place(home, status(age, catching_up=catching_up), peers)
    assert [each.level for each in found] == levels
    assert all(each.remedy for each in found if each.level is not Level.OK)


def test_a_node_that_expects_nobody_may_be_alone(home: Home) -> None:
    assert {each.level for each in network.place(home, status(1), 0)} == {Level.OK}


async def test_an_rpc_that_does_not_answer_is_wrong(home: Home) -> None:
    (found,) = await network.running(home)
    assert (found.level, found.subject) == (Level.WRONG, "rpc")


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("tcp://127.0.0.1:26657", True),
        ("127.3.0.1:1", True),
        ("[::1]:1", True),
        ("localhost:1", True),
        ("unix:///run/signer.sock", True),
        (":26660", False),
        ("tcp://0.0.0.0:1", False),
        ("10.0.0.1:1", False),
        ("[::]:1", False),
        ("node.example:1", False),
    ],
)
def test_which_addresses_only_this_machine_reaches(address: str, private: bool) -> None:
    assert is_private(address) is private
