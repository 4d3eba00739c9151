"""A request ends after a time in all, however slowly its answer drips."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from provision.workflows.checks import http, tls
from provision.workflows.checks.http import HttpCaller, request_pace
from tests.support.harness import new_aws
from tests.unit.workflows.checks.server import certificate, http_server, reply

OK = b"HTTP/1.1 200 OK\r\n"
ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "body": (OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    "body until the end": (OK + b"\r\n", b"x"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "header": (OK + b"X-Slow: ", b"x"),
}


@contextmanager
def dripping(first: bytes, more: bytes, *, greeted: bool = True) -> Iterator[str]:
    """Serve an answer that never ends, a little every 20 ms."""
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if greeted:
                connection.recv(65_536)
            connection.sendall(first)
            while not ended.wait(0.02):
                connection.sendall(more)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        ended.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def within(seconds: float, call: Callable[[], object]) -> object:
    """Return what the call returns. Fails, instead of waiting, if it takes longer."""
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(call()), daemon=True)
    thread.start()
    thread.join(seconds)
    assert found, "it does not end"
    return found[0]


def new_caller(address: str) -> HttpCaller:
    aws = new_aws()
    return HttpCaller(aws, address, request_pace(aws, 100_000), str)


@pytest.mark.parametrize("what", ENDLESS)
def test_an_answer_without_an_end_is_ended(
    account: None, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(http, "_ALL", 0.3)
    with dripping(*ENDLESS[what]) as address:
        found = within(5, lambda: new_caller(address).get("/", {}))
    assert isinstance(found, http.HttpAnswer)
    assert (found.status, "no whole answer within" in found.error) == (0, True)


def test_tls_that_never_begins_is_ended(
    account: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(http, "_ALL", 0.3)
    monkeypatch.setattr(tls, "_ALL", 0.3)
    # The head of one record of a handshake, with a message of 16 000 bytes to come.
    with dripping(b"\x16\x03\x03\x3e\x80\x02\x00\x3e\x7c", b"\0") as address:
        found = within(5, lambda: new_caller(address.replace("http:", "https:")).get("/", {}))
        assert isinstance(found, http.HttpAnswer)
        assert "no whole answer within" in found.error
        port = int(address.rpartition(":")[2])
        bundle = str(certificate(tmp_path, days=1))
        verdict = within(5, lambda: tls.tls_verdict("127.0.0.1", port, bundle, time.time()))
        assert "no TLS 1.2" in getattr(verdict, "have", "")


def test_a_connection_that_was_kept_is_ended_too(
    account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_ALL", 0.5)
    monkeypatch.setattr(http, "AT_ONCE", 1)
    ended = threading.Event()

    def answer(request: BaseHTTPRequestHandler) -> None:
        if request.path == "/first":
            reply(request, 200)
            return
        with suppress(OSError):
            while not ended.wait(0.02):
                request.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    with http_server(answer) as served:
        caller = new_caller(served.address)
        assert caller.get("/first", {}).status == 200
        found = within(5, lambda: caller.get("/second", {}))
        ended.set()
    assert isinstance(found, http.HttpAnswer)
    assert "no whole answer within" in found.error


def test_another_host_is_connected_to_and_must_prove_the_name(
    account: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The certificate is of localhost, and the connection is to 127.0.0.1."""
    file = certificate(tmp_path, days=30)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    asked: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                secure = context.wrap_socket(connection, server_side=True)
                with secure:
                    asked.append(secure.recv(65_536))
                    secure.sendall(OK + b"Content-Length: 0\r\nConnection: close\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        at, aws = f"127.0.0.1:{listener.getsockname()[1]}", new_aws()
        monkeypatch.setattr(type(aws), "ca_bundle", str(file))
        pace = request_pace(aws, 100_000)
        for name, status in (("localhost", 200), ("api.example.com", 0)):
            caller = HttpCaller(aws, f"https://{name}", pace, str, at)
            assert caller.get("/x", {}).status == status
        thread.join(5)
    assert b"Host: localhost\r\n" in asked[0]
    assert len(asked) == 1, "a server of another name gets no request"
