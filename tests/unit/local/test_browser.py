"""Requests that a real browser sends to the emulator when a site redirects to it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from provision import local
from tests.integration.end_to_end.browser import FLAGS, find_browser
from tests.unit.local.conftest import connect

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium here"),
]

TOPIC = "led-here"
COMMAND = f"?Action=CreateTopic&Name={TOPIC}&Version=2010-03-31"


@pytest.fixture
def site(emulator: local.Emulator) -> Iterator[str]:
    """Serve a site that redirects every visitor to a command for the emulator."""

    class Leading(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{emulator.endpoint}/{COMMAND}")
            self.end_headers()

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Leading)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def opened(address: str, profile: Path) -> str:
    """Return the page that a browser shows for the address."""
    browser = find_browser()
    assert browser
    flags = [flag for flag in FLAGS if not flag.startswith("--remote-debugging")]
    shown = subprocess.run(
        [browser, *flags, f"--user-data-dir={profile}", "--dump-dom", address],
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    )
    return shown.stdout


@pytest.mark.parametrize("led", [True, False])
def test_no_address_makes_anything(
    emulator: local.Emulator, site: str, tmp_path: Path, led: bool
) -> None:
    address = site if led else f"{emulator.endpoint}/{COMMAND}"
    shown = opened(address, tmp_path)
    assert "a web page may call the deployed API, and nothing else" in shown, "it came here"
    assert "CreateTopicResponse" not in shown
    topics = connect("sns", emulator.endpoint).list_topics()["Topics"]
    assert not [topic for topic in topics if TOPIC in topic["TopicArn"]]
