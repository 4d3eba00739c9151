"""A substitute for the emulator's process: it starts at once, says who it is, and can be stopped.

`python -m tests.unit.local.stand_in ROOT PORT`, as `provision.local.server` is started.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from filelock import FileLock

from provision.local.identity import write_record
from provision.local.limitations import HOST
from provision.local.secret import proof

KEY = sys.stdin.read()


class StandIn(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        proven = proof(KEY, self.path.partition("?")[2], int(sys.argv[2]))
        self._answer({"root": sys.argv[1], "pid": os.getpid(), "proof": proven})

    def do_POST(self) -> None:
        self._answer({"stopping": True})
        threading.Thread(target=self.server.shutdown).start()

    def _answer(self, body: object) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_words: object) -> None:
        """Log nothing."""


if __name__ == "__main__":
    lock = FileLock(Path(sys.argv[1], "serving.lock"), timeout=0)
    with lock, HTTPServer((HOST, int(sys.argv[2])), StandIn) as server:
        write_record(Path(sys.argv[1]), int(sys.argv[2]), os.getpid())
        server.serve_forever(poll_interval=0.02)
