"""Ports of the loopback interface."""

from __future__ import annotations

import ipaddress
import random
import socket
from contextlib import ExitStack, suppress
from typing import Final
from urllib.parse import urlsplit

LOOPBACK: Final = "127.0.0.1"
LISTENING_PORTS = range(20_000, 32_768)
"""Where free ports are looked for."""


def is_private(address: str) -> bool:
    """Tell whether only this machine can reach an address: a unix socket, or the loopback interface."""
    if address.startswith("unix://"):
        return True
    host = urlsplit(address if "://" in address else f"tcp://{address}").hostname or ""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that nobody listens at now.

    They are below those that systems give to outgoing connections, so that a node that is away for a while
    finds its own again. Another program may take one before it is used, so a caller should be ready to try
    again.
    """
    found: list[int] = []
    with ExitStack() as stack:
        for port in random.sample(LISTENING_PORTS, len(LISTENING_PORTS)):
            if len(found) == count:
                return found
            with suppress(OSError):
                listen(stack, port)
                found.append(port)
    raise OSError(f"there are no {count} free ports from {LISTENING_PORTS[0]} to {LISTENING_PORTS[-1]}")


def listen(stack: ExitStack, port: int) -> None:
    """Take a port of the loopback interface until the stack is left; OSError if somebody has it."""
    taken = stack.enter_context(socket.socket())
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # old connections do not matter
    taken.bind((LOOPBACK, port))
