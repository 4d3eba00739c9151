"""One HTTP exchange over a local connection with an untrusted other end.

It ends by a deadline, and reads no more bytes than an emulator's answer can have.
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
"""The most bytes of an answer, with its headers and everything before them."""


class _Limited(io.RawIOBase):
    """A stream of a connection's bytes up to a deadline and a size.

    A socket's timeout is for each read, so a sender of a byte a minute would never exceed it.
    """

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
        """Return a reader, as HTTPResponse expects of a socket.

        Closing it leaves the connection open.
        """
        return io.BufferedReader(self)


def seconds_until(moment: float) -> float:
    """Return the seconds until a moment. Raise `TimeoutError` if it is past."""
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
    """Return the body of the answer. Raise OSError, HTTPException or ValueError if there is none.

    The connection stays open with its timeout unchanged, and can be used further.
    """
    patience = connection.gettimeout()
    try:
        connection.settimeout(seconds_until(until))
        connection.sendall(_written(method, path, headers, connection.getpeername()[1]))
        with http.client.HTTPResponse(
            _Limited(connection, until),  # type: ignore[arg-type]  # only makefile is called
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
