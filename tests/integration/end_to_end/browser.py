"""A page in a real browser that sends a test's requests and reports the visible answers.

The page comes from a server of its own, so that its origin is not the API's. It asks that server
for the next request, and posts the result there: no browser protocol is needed.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # it offers none to root, and CI runs as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--remote-debugging-port=0",  # otherwise it ends as soon as the page is loaded
)
PATIENCE = 120.0
LONG_POLL = 5.0
PAGE = b"""<!doctype html><title>a page of another origin</title><script>
async function fetched(asked) {
  try {
    const answer = await fetch(asked.url, asked.options);
    const headers = Object.fromEntries(answer.headers);
    return {status: answer.status, headers, text: await answer.text()};
  } catch (error) {
    return {refused: String(error)};
  }
}
async function serve() {
  for (;;) {
    const asked = await (await fetch("/next")).json();
    if (asked === null) continue;
    if (asked.go) { location.href = asked.go; return; }
    await fetch("/told", {method: "POST", body: JSON.stringify(await fetched(asked))});
  }
}
serve();
</script>"""


def find_browser() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@dataclass(frozen=True)
class Seen:
    """The part of an answer visible to a page; `status` is 0 if the browser hides it."""

    status: int
    headers: dict[str, str]
    text: str
    refused: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


@dataclass
class Page:
    """One open page, shown under the name of this machine."""

    port: int
    browser: subprocess.Popen[bytes]
    asked: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    told: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def other_origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fetch(self, method: str, url: str, body: str | None = None, **headers: str) -> Seen:
        """Return the visible answer to a request; header names are written with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        options = {"method": method, "headers": named} | ({} if body is None else {"body": body})
        self.asked.put({"url": url, "options": options})
        told = self._heard()
        return Seen(
            told.get("status", 0),
            told.get("headers", {}),
            told.get("text", ""),
            told.get("refused", ""),
        )

    def move(self, origin: str) -> None:
        """Open the same page under another origin."""
        self.asked.put({"go": origin})

    def _heard(self) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.browser.poll() is None, "the browser has ended"
            with suppress(queue.Empty):
                return self.told.get(timeout=1)
        raise AssertionError("the page does not answer")


@contextmanager
def open_page(browser: str, profile: Path) -> Iterator[Page]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    with server, (profile.parent / "browser.log").open("wb") as log:
        port = server.server_port
        process = subprocess.Popen(
            [browser, *FLAGS, f"--user-data-dir={profile}", f"http://localhost:{port}/"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        page = Page(port, process)
        server.RequestHandlerClass = _handler_of(page)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield page
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            server.shutdown()


def _handler_of(page: Page) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/next":
                asked = None
                with suppress(queue.Empty):
                    asked = page.asked.get(timeout=LONG_POLL)
                self._answer("application/json", json.dumps(asked).encode())
            else:
                self._answer("text/html", PAGE)

        def do_POST(self) -> None:
            told = self.rfile.read(int(self.headers["Content-Length"]))
            page.told.put(json.loads(told))
            self._answer("application/json", b"{}")

        def _answer(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(body)))
            with suppress(ConnectionError):  # the page has moved on, or the browser is closed
                self.end_headers()
                self.wfile.write(body)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Log nothing."""

    return Handler
