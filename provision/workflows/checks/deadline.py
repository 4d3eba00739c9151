"""Ends a connection after a time in all, however often a little comes from its other end."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self


class Deadline:
    """Shuts the watched connections down after `seconds`, unless the block has ended before."""

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._handles: list[socket.socket] = []
        self._mutex = threading.Lock()
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def watch(self, connection: socket.socket) -> None:
        """Watch a connection; TLS that wraps its socket later ends with it."""
        # A copy of the descriptor: the socket that is wrapped gives its own away.
        copy = socket.fromfd(connection.fileno(), connection.family, connection.type)
        with self._mutex:
            self._handles.append(copy)
            if self.expired:
                _shut(copy)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._mutex:
            for handle in self._handles:
                handle.close()
            self._handles.clear()

    def _expire(self) -> None:
        with self._mutex:
            self.expired = True
            for handle in self._handles:
                _shut(handle)


def _shut(handle: socket.socket) -> None:
    with suppress(OSError):  # the other end may have ended it
        handle.shutdown(socket.SHUT_RDWR)
