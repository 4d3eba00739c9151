"""Keeps the connection of an invocation alive while its function runs and nothing is sent.

SO_KEEPALIVE alone does not: Linux sends its first probe after two hours, and a NAT gateway forgets
a silent connection after 350 seconds (L36).
"""

from __future__ import annotations

import socket
import sys
from typing import Any, Final

EVERY: Final = 60
"""Seconds of silence before the first probe, and between two."""
LOST: Final = 5
"""The number of probes without an answer after which the connection counts as lost."""


def keep_alive(client: Any) -> None:
    """Let the client's connections send a probe each minute.

    botocore's `tcp_keepalive` has no times (boto/botocore#2916), so they are added to the options
    of its sockets before it has opened one.
    """
    session = client._endpoint.http_session  # noqa: SLF001  (botocore offers no other way)
    session._socket_options.extend(_options())  # noqa: SLF001


def _options() -> list[tuple[int, int, int]]:
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    if sys.platform == "darwin":
        options.append((socket.IPPROTO_TCP, socket.TCP_KEEPALIVE, EVERY))
    else:
        options.append((socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, EVERY))
    return [
        *options,
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, EVERY),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, LOST),
    ]
