"""The ABCI 2.0 server: a unix or TCP socket in front of an application.

CometBFT opens four connections (query, snapshot, mempool, consensus) and does
not say which is which; a request's kind decides where it goes. Any number of
connections is served.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from assay.node.abci.application import Application
from assay.node.abci.connection import Connection, ServerLimits
from assay.node.abci.dispatch import Dispatcher

_log = structlog.get_logger(__name__)

MAX_UNIX_PATH_BYTES = 107
"""Longest path of a unix socket on Linux (``sun_path`` without its final zero)."""


class AddressError(Exception):
    """The server cannot listen at the address given."""


class Server:
    """Serves one application.

    Parameters
    ----------
    application
        Answers the requests.
    limits
        Bounds for each connection.

    Attributes
    ----------
    failed
        Set, with a sentence, when the application raised and the node must
        stop. Only after `start`.
    address
        Where it listens, as CometBFT's ``proxy_app`` wants it. Only after `start`.
    """

    failed: asyncio.Future[str]
    address: str

    def __init__(self, application: Application, limits: ServerLimits | None = None) -> None:
        self._dispatcher = Dispatcher(application, self._fail)
        self._limits = limits or ServerLimits()
        self._connections: set[Connection] = set()
        self._opened = 0
        self._unix_path: Path | None = None
        self._server: asyncio.Server | None = None

    async def start(self, address: str) -> None:
        """Listen.

        Parameters
        ----------
        address
            ``unix:///path/to/socket`` or ``tcp://host:port``; port 0 takes a free one.

        Raises
        ------
        AddressError
            If the address is malformed, too long or in use.
        """
        loop = asyncio.get_running_loop()
        self.failed = loop.create_future()
        listener = self._open(address)
        if listener.family == socket.AF_UNIX:
            self._server = await loop.create_unix_server(self._connect, sock=listener)
        else:
            self._server = await loop.create_server(self._connect, sock=listener)
        _log.info("ABCI server listens", address=self.address)

    async def stop(self) -> None:
        """Stop listening, let consensus calls end, close every connection."""
        if self._server is None:
            return
        self._server.close()
        tasks = [connection.task for connection in self._connections if connection.task is not None]
        for connection in self._connections:
            connection.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._server = None
        if self._unix_path is not None:
            self._unix_path.unlink(missing_ok=True)

    def _open(self, address: str) -> socket.socket:
        """Bind a listening socket and note its address."""
        parts = urlsplit(address)
        if parts.scheme == "unix" and parts.netloc + parts.path:
            self._unix_path = Path(parts.netloc + parts.path)
            self.address = f"unix://{self._unix_path}"
            return _open_unix(self._unix_path)
        port = _port_of(address)
        listener = _open_tcp(parts.hostname or "", port)
        host, bound = listener.getsockname()[:2]
        self.address = f"tcp://[{host}]:{bound}" if ":" in host else f"tcp://{host}:{bound}"
        return listener

    def _connect(self) -> Connection:
        """Make the protocol object of a new connection."""
        self._opened += 1
        connection = Connection(self._dispatcher, self._limits, self._opened, self._connections.discard)
        self._connections.add(connection)
        return connection

    def _fail(self, sentence: str) -> None:
        if not self.failed.done():
            self.failed.set_result(sentence)


def _port_of(address: str) -> int:
    """The port of a ``tcp://host:port`` address."""
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme != "tcp" or not parts.hostname or port is None:
        raise AddressError(
            f"{address!r} is not an address for ABCI: write unix:///path/to/socket or tcp://host:port"
        )
    return port


def check_unix_path(path: Path) -> None:
    """Refuse a path that is too long for a unix socket on Linux.

    Raises
    ------
    AddressError
        If it has more than 107 bytes.
    """
    size = len(os.fsencode(path))
    if size > MAX_UNIX_PATH_BYTES:
        raise AddressError(
            f"the socket {path} would have a path of {size} bytes, and a unix socket's has at most "
            f"{MAX_UNIX_PATH_BYTES}: choose a home with a shorter path"
        )


def _open_unix(path: Path) -> socket.socket:
    """Bind a unix socket only this user can connect to."""
    check_unix_path(path)
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        # Nobody can connect between the two lines: the socket does not listen yet.
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    except OSError as error:
        listener.close()
        raise AddressError(f"cannot listen at {path}: {error.strerror}") from error
    return listener


def _remove_stale(path: Path) -> None:
    """Remove the socket a killed node left behind, but never one that is in use."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            return
        except OSError as error:
            raise AddressError(f"cannot listen at {path}: {os.strerror(error.errno or errno.EIO)}") from error
    raise AddressError(f"another process listens at {path}: is this node running already?")


def _open_tcp(host: str, port: int) -> socket.socket:
    """Bind a TCP socket."""
    try:
        info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(info[0], socket.SOCK_STREAM)
    except OSError as error:
        raise AddressError(f"cannot listen at {host}:{port}: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(info[4])
    except OSError as error:
        listener.close()
        raise AddressError(f"cannot listen at {host}:{port}: {error.strerror}") from error
    return listener
