"""The processes that a measurement needs, started and ended: the emulator, the proxy before it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.calls import Call, named
from bench.proxy import SECOND, Exchange

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
CACHE = ROOT / "build" / "cache"
"""The cache of the user whose commands are measured."""


@dataclass(frozen=True)
class Emulated:
    """An account behind a proxy; `direct` is the emulator's own port."""

    direct: int
    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the variables with which a process takes this for AWS.

        They hold no user's credentials or profile, and no settings of the interpreter: an installed
        tool has its modules compiled.
        """
        own = ("AWS_", "PROVISION_", "PYTHON")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(own)}
        return kept | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(CACHE),
        }

    def like_aws(self) -> dict[str, str]:
        """By an address that `provision` does not take for an emulator's: AWS's rates are kept."""
        return self.environment() | {"AWS_ENDPOINT_URL": f"http://{SECOND}:{self.port}"}

    def reset(self) -> None:
        """Empty the account, as it was before the first call."""
        self._ask(self.direct, "/moto-api/reset", "POST")

    def calls(self) -> list[Call]:
        """Those since this was last asked, in the order in which they came."""
        answer = json.loads(self._ask(self.port, "/_bench/calls", "GET"))
        exchanges = (Exchange(**fields) for fields in answer)
        return sorted(map(named, exchanges), key=lambda call: call.begin)

    def wait_on_every_call(self, seconds: float) -> None:
        self._ask(self.port, f"/_bench/latency/{seconds}", "PUT")

    def _ask(self, port: int, path: str, method: str) -> bytes:
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method, data=b"")
        with urllib.request.urlopen(request) as answer:
            content: bytes = answer.read()
        return content


@contextmanager
def emulated(latency: float) -> Iterator[Emulated]:
    """Yield an empty account, to which every call takes `latency` seconds longer."""
    with (
        _serving("bench.server") as direct,
        _serving("bench.proxy", str(direct), str(latency)) as port,
    ):
        yield Emulated(direct, port)


@contextmanager
def _serving(module: str, *words: str) -> Iterator[int]:
    """Start a process that prints its port first, and yield the port."""
    command = [sys.executable, "-m", module, *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()
