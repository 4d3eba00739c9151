"""One question and its answer over a connection on this machine, whoever may be at the other end:
it ends in time, and no more is read than an answer of ours can have.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from provision.local.limitations import HOST

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LONGEST_ANSWER: Final = 65_536
"""Its headers, and whatever comes before them, count too."""


class _Limited(io.RawIOBase):
    """What comes over a connection, until a moment and up to a size. A timeout of the socket's is
    for each time something is read: a byte a minute would never run into it."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        self._connection = connection
        self._until = until
        self._left = LONGEST_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if self._left <= 0:
            raise OSError("the answer is longer than any of an emulator's")
        self._connection.settimeout(seconds_until(self._until))
        read = self._connection.recv_into(buffer, min(memoryview(buffer).nbytes, self._left))
        self._left -= read
        return read

    def makefile(self, _mode: str) -> io.BufferedReader:
        """As HTTPResponse asks a socket for it. The connection stays open when it is closed."""
        return io.BufferedReader(self)


def seconds_until(moment: float) -> float:
    """Raises `TimeoutError` when it is past."""
    left = moment - time.monotonic()
    if left <= 0:
        raise TimeoutError("no whole answer in time")
    return left


def ask(
    connection: socket.socket,
    method: str,
    path: str,
    headers: Mapping[str, str],
    *,
    until: float,
) -> bytes:
    """Return the body of the answer. Raises OSError, HTTPException or ValueError without one. The
    connection is as it was, and can be used for more."""
    patience = connection.gettimeout()
    try:
        connection.settimeout(seconds_until(until))
        connection.sendall(_written(method, path, headers, connection.getpeername()[1]))
        with http.client.HTTPResponse(
            _Limited(connection, until),  # type: ignore[arg-type]  # it asks for makefile only
            method=method,
        ) as answer:
            answer.begin()
            return answer.read(LONGEST_ANSWER)
    finally:
        connection.settimeout(patience)


def _written(method: str, path: str, headers: Mapping[str, str], port: int) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}:{port}", "Content-Length: 0"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii")
