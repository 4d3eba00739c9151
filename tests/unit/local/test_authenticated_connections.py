"""A program that takes the emulator's port after the identity check is sent nothing more."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from provision import local
from provision.local import authenticated_connections
from provision.local.identity import identity, identity_over
from provision.local.secret import make_secret
from tests.unit.local.conftest import free_port, quiet

pytestmark = pytest.mark.emulator


@pytest.fixture
def port(root: Path) -> int:
    """Start the emulator of `root` and return its port."""
    return local.start(root, port=free_port(), report=quiet).port


def client(root: Path, service: str, port: int) -> Any:
    """Return a client as commands with `--local` create it."""
    key, secret = local.CREDENTIALS
    made = boto3.client(  # type: ignore[call-overload]  # by any name
        service,
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )
    local.for_emulator(root)(made)
    return made


@contextmanager
def answering(port: int, answer: bytes, pause: float = 0) -> Iterator[list[bytes]]:
    """Listen on the port, and yield the list of what is received.

    It gives every caller the same answer, one byte at a time if there is a pause.
    """
    heard: list[bytes] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", port)) as server:

        def serve(held: socket.socket) -> None:
            with held, suppress(OSError):
                held.settimeout(1)
                heard.append(held.recv(65_536))
                parts = (
                    [answer] if not pause else [answer[at : at + 1] for at in range(len(answer))]
                )
                for part in parts:
                    held.sendall(part)
                    if done.wait(pause):
                        return
                while more := held.recv(65_536):
                    heard.append(more)

        def accept() -> None:
            with suppress(OSError):
                while not done.is_set():
                    threading.Thread(target=serve, args=(server.accept()[0],)).start()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield heard
        finally:
            done.set()
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join(10)


BODY = b'{"root": "/x", "pid": 1, "proof": "0"}'
GREETING = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


def test_who_takes_the_port_meanwhile_hears_the_question_only(root: Path, port: int) -> None:
    """The port is taken while `Do this? [y/N]` waits, or `push` waits for the next change."""
    functions, gateway = client(root, "lambda", port), client(root, "apigateway", port)
    made = gateway.create_rest_api(name="api")["id"]
    local.stop(root)
    with answering(port, GREETING) as heard:
        with pytest.raises(EndpointConnectionError) as caught:
            functions.create_function(
                FunctionName="x",
                Role="arn:aws:iam::000000000000:role/r",
                Code={"ZipFile": b"secret"},
                Environment={"Variables": {"TOKEN": "secret"}},
            )
        assert f"is not the emulator of {root}" in str(caught.value.kwargs["error"])
        with pytest.raises(EndpointConnectionError):  # corrected by requests of our own
            gateway.tag_resource(
                resourceArn=f"arn:aws:apigateway:us-east-1::/restapis/{made}", tags={"a": "secret"}
            )
    assert len(heard) >= 2
    assert all(each.startswith(b"GET /_provision?") for each in heard)
    assert not any(b"secret" in each or b"Authorization" in each for each in heard)


def test_what_another_folders_emulator_proves_is_not_ours(
    root: Path, port: int, tmp_path: Path
) -> None:
    topics = client(root, "sns", port)
    assert topics.list_topics()["Topics"] == []
    local.stop(root)
    other = tmp_path / "other"
    try:
        assert local.start(other, port=port, report=quiet).port == port
        with pytest.raises(EndpointConnectionError) as caught:
            topics.create_topic(Name="x")
        assert f"is not the emulator of {root}" in str(caught.value.kwargs["error"])
    finally:
        local.stop(other)
    assert local.start(root, port=port, report=quiet).port == port
    topics.create_topic(Name="x")


def test_a_connection_is_asked_once_and_many_are_asked_at_once(
    root: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def counted(*args: Any, **named: Any) -> object:
        asked.append(args)
        return identity_over(*args, **named)

    monkeypatch.setattr(authenticated_connections, "identity_over", counted)
    topics = client(root, "sns", port)
    for _ in range(5):
        topics.list_topics()
    assert len(asked) == 1
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: topics.list_topics(), range(24)))
    assert len(asked) <= 8


ENDLESS = {
    "a byte at a time": (GREETING, 0.2),
    "headers without end": (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1_000_000, 0),
    "one header without end": (b"HTTP/1.1 200 OK\r\na: " + b"b" * 5_000_000, 0),
    "continue, continue": (b"HTTP/1.1 100 Continue\r\n\r\n" * 500_000, 0),
    "other news before it": (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500_000, 0),
    "a body of terabytes": (b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999\r\n\r\n" + BODY, 0),
    "a chunk of terabytes": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffff\r\n" + BODY,
        0,
    ),
    "a chunk of less than nothing": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n" + BODY,
        0,
    ),
    "chunks of a byte": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 1_000_000,
        0,
    ),
    "nothing": (b"", 0),
}


@pytest.mark.parametrize(("answer", "pause"), ENDLESS.values(), ids=ENDLESS.keys())
def test_no_answer_holds_a_command_up(answer: bytes, pause: float) -> None:
    make_secret()
    port = free_port()
    with answering(port, answer, pause) as heard:
        began = time.monotonic()
        assert identity(port, seconds=1.0) is None
        assert time.monotonic() - began < 2.5
    assert heard
