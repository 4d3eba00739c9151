"""Requests byte by byte, as no library would send them."""

from __future__ import annotations

import http.client
import socket
from contextlib import suppress
from urllib.parse import urlsplit

from tests.function.gateway import Request


def send(endpoint: str, request: Request) -> tuple[int, bytes]:
    """Return status and body, even if the answer and the end come before all of it is sent."""
    place = urlsplit(endpoint)
    assert place.hostname
    with socket.create_connection((place.hostname, place.port or 80), timeout=60) as connection:
        with suppress(ConnectionError):  # it has answered already
            connection.sendall(written(place.path, place.netloc, request))
        answer = http.client.HTTPResponse(connection, method=request.method)
        answer.begin()
        return answer.status, answer.read()


def written(base: str, host: str, request: Request) -> bytes:
    lines = [f"{request.method} {base}{request.target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    lines += [f"Content-Length: {len(request.body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + request.body
