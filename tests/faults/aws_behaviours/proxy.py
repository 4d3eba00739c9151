"""The court as an HTTP proxy on this machine, so that laws apply to an emulator's server too.

`with LawProxy(court, "http://127.0.0.1:4566") as endpoint:` gives the endpoint for clients. Time is
real here, so a `FastClock` lets the laws' minutes pass in seconds.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3
from botocore.exceptions import HTTPClientError

from provision.clock import Clock
from tests.faults.aws_behaviours.frame import Call, Court, Refusal
from tests.faults.aws_behaviours.request_parser import Request, decode_request
from tests.faults.aws_behaviours.wire import Reply

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}
)
OURS = HOP_BY_HOP | {"host"}
"""Headers that are not passed on: the emulator answers only by its own name and port."""


class FastClock(Clock):
    """Passes `factor` times as fast; laws read it, and no code sleeps by it."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self._factor = factor

    def now(self) -> float:
        return time.monotonic() * self._factor


class LawProxy:
    """Serves during its `with` block; `unknown` are requests to which no law applied."""

    def __init__(self, court: Court, upstream: str) -> None:
        self.court = court
        self.unknown: list[str] = []
        self._upstream = upstream
        self._pool = urllib3.PoolManager(maxsize=32, retries=False)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _serving(self))
        self._server.daemon_threads = True

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._pool.clear()

    def answer(self, request: Request) -> Reply:
        """Return the client's answer; raise HTTPClientError if a law loses it."""
        if request.service is None:
            return self._serve_deployed(request)
        try:
            model, call = decode_request(request)
        except KeyError as error:
            self.unknown.append(str(error))
            return self._forward(request)
        return self.court.hear(model, call, lambda: self._forward(request))

    def _serve_deployed(self, request: Request) -> Reply:
        """Return the answer of the deployed API, which laws know as `execute-api`, Invoke."""
        call = Call("execute-api", "Invoke", {"path": request.path, "headers": request.headers})
        for law in self.court.laws:
            verdict = law.before(call, self.court.world) if law.concerns(call) else None
            if isinstance(verdict, Refusal):
                body = json.dumps({"message": verdict.message}).encode()
                return Reply(verdict.status, {"Content-Type": "application/json"}, body)
        return self._forward(request)

    def _forward(self, request: Request) -> Reply:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in OURS}
        got = self._pool.request(
            request.method,
            self._upstream + request.target,
            headers=headers,
            body=request.body,
            redirect=False,
            decode_content=False,
        )
        return Reply(got.status, dict(got.headers), got.data)


def _serving(proxy: LawProxy) -> type[BaseHTTPRequestHandler]:
    class Serving(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self._body() if self._chunked() else self.rfile.read(length)
            headers = {name.title(): value for name, value in self.headers.items()}
            try:
                reply = proxy.answer(Request(self.command, self.path, headers, body))
            except HTTPClientError:
                self.close_connection = True  # no answer at all
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)

        def _chunked(self) -> bool:
            return "chunked" in self.headers.get("Transfer-Encoding", "")

        def _body(self) -> bytes:
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815  (http.server's names)
        do_PATCH = do_HEAD = do_OPTIONS = _serve  # noqa: N815  (likewise)

    return Serving
