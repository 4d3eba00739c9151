"""An invocation's connection says each minute that it is alive; those of other calls do not."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from provision.aws.access import Access
from provision.aws.client import Aws

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the options are named otherwise")
Option = tuple[int, int]
IDLE: Option = (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
BETWEEN: Option = (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
ON: Option = (socket.SOL_SOCKET, socket.SO_KEEPALIVE)


class Answering(BaseHTTPRequestHandler):
    """Answers every call with an empty object."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Print nothing."""


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Return the options of each socket that is connected from now on."""
    options: list[list[int]] = []
    connect: Callable[[socket.socket, Any], None] = socket.socket.connect

    def remembered(one: socket.socket, address: Any) -> None:
        connect(one, address)
        options.append([one.getsockopt(*each) for each in (ON, IDLE, BETWEEN)])

    monkeypatch.setattr(socket.socket, "connect", remembered)
    return options


def test_each_minute(opened: list[list[int]]) -> None:
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        aws = Aws(Access("us-east-1", endpoint=endpoint, credentials=("test", "test")))
        aws.lambda_invoke.invoke(FunctionName="f", Payload=b"{}")
        aws.lambda_.list_functions()
        server.shutdown()
    invoking, other = opened
    assert invoking == [1, 60, 60]
    assert other[0] == 0
