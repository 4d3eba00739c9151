"""A small stack to interrupt, in this process or in its own against an emulator's server."""

from __future__ import annotations

import os
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from moto.server import ThreadedMotoServer

from provision.cli import main
from tests.integration.test_cli import CONFIG
from tests.support.moto_patches import teach_moto
from tests.support.preloaded import Forked, Program
from tests.support.sample_stack import ROOT


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast: None) -> Path:
    """Return a directory with a small stack; time passes a hundred times as fast."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context):\n    return {}\n")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG, sort_keys=False))
    monkeypatch.chdir(tmp_path)
    for name in ("CI", "PROVISION_ENV"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


Provision = Callable[..., int]


@pytest.fixture
def provision(home: Path) -> Provision:
    """Return the command, run in this process; it returns its exit code."""

    def run(*words: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        return int(ended.value.code or 0)

    return run


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Serve an empty account over HTTP, for this process and those it starts."""
    teach_moto(monkeypatch)
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        host, port = running.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", data=b"").close()
        yield
    finally:
        running.stop()


_HOLDING = Program("tests.faults.signals.holding", "main", "-c", (sys.executable, "-c"))


@dataclass
class Held:
    """A `provision` process, stopped inside a write until `go`, or forever."""

    process: Forked
    home: Path

    def go(self) -> None:
        (self.home / "go").touch()

    def end(self, seconds: float = 15) -> tuple[int, str, str]:
        """Wait for the end; return exit code, stdout and stderr."""
        out, err = self.process.communicate(timeout=seconds)
        return self.process.returncode, out, err


@pytest.fixture
def held(server: None, home: Path) -> Iterator[Callable[..., Held]]:
    started: list[Held] = []

    def start(*words: str, write: int, grace: float = 10) -> Held:
        variables = {"PYTHONPATH": str(ROOT), "HOLD_AT": str(write), "GRACE": str(grace)}
        process = Forked(words, home, os.environ | variables, program=_HOLDING)
        started.append(Held(process, home))
        patience = time.monotonic() + 60
        while not (home / "held").exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < patience
            time.sleep(0.05)
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()
