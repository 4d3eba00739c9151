"""Another program on the emulator's port is asked for its identity, and sent nothing else."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from provision import local
from provision.local.emulator import Emulator
from provision.local.secret import make_secret
from tests.integration.test_cli import Provision, home, provision  # noqa: F401

KEY, SECRET, TOKEN = "AKIACANARYCANARYCANA", "canary-secret-0123456789", "canary-token-0123456789"


class Stranger(http.server.BaseHTTPRequestHandler):
    """A program that records all it is sent, and does not answer."""

    heard: list[str]

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        self.heard.append(f"{self.path}\n{self.headers}\n{self.rfile.read(size)!r}")
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_POST()

    def do_PUT(self) -> None:
        self.do_POST()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Yield the requests that reach the emulator's recorded port."""
    heard: list[str] = []
    Stranger.heard = heard
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        there = Emulator(f"http://127.0.0.1:{port}", port, 1)
        monkeypatch.setattr(local, "start", lambda *_, **__: there)
        yield heard
        server.shutdown()


def test_a_stranger_on_the_port_gets_a_question(
    provision: Provision,  # noqa: F811
    stranger: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same holds if it was taken for the emulator when the command began."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    make_secret()
    run = provision("plan", "--local")
    assert run.code != 0
    assert "is not the emulator of" in run.err.replace("\n", " ")
    assert stranger
    assert all(each.startswith("/_provision?") for each in stranger)
    assert not any("Credential=" in each for each in stranger)
    assert not any(secret in each for secret in (KEY, SECRET, TOKEN) for each in stranger)
