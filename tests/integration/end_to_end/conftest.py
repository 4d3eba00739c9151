"""A home with the shipped stack, an emulator of its own, and `provision` run as users do."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.support.sample_stack import ROOT


@dataclass
class Home:
    """A copy of what a user edits, and a port of its own."""

    path: Path
    port: int

    def provision(self, *words: str, code: int = 0) -> str:
        """Run the command in a process of its own; its stdout."""
        return self._run(code, words).stdout

    def failing(self, code: int, *words: str) -> str:
        """The same for one that ends with this code; its stderr."""
        return self._run(code, words).stderr

    def _run(self, code: int, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self._command(words),
            cwd=self.path,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=300,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """The command in a process that does not end by itself."""
        process = subprocess.Popen(
            self._command(words),
            cwd=self.path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "provision", "--local-port", str(self.port), *words]

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator, beside the tool."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


def environment() -> dict[str, str]:
    """Nothing of the user's own settings, and the package as it is here."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PROVISION"))}
    return kept | {"COLUMNS": "100", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    path = tmp_path_factory.mktemp("home")
    shutil.copy(ROOT / "config.yaml", path)
    for folder in ("function", "layer"):
        shutil.copytree(
            ROOT / folder, path / folder, ignore=shutil.ignore_patterns("__pycache__", ".*")
        )
    made = Home(path, free_port())
    try:
        yield made
    finally:
        made.provision("local", "reset")
