"""A home with the shipped stack, an emulator of its own, and `provision` run as users do."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.support.preloaded import COMMAND, Forked
from tests.support.sample_stack import ROOT


@dataclass
class Home:
    """A copy of the files that a user edits, and a port of its own."""

    path: Path
    port: int

    def provision(self, *words: str, code: int = 0) -> str:
        """Run the command in a fork of the program, and return its stdout."""
        return self._run(code, words)[0]

    def failing(self, code: int, *words: str) -> str:
        """Run a command that ends with this code, and return its stderr."""
        return self._run(code, words)[1]

    def execute(self, *words: str) -> str:
        """Run the program itself, and return its stdout."""
        return subprocess.run(
            [*COMMAND, *self._words(words)],
            cwd=self.path,
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
        ).stdout

    def _run(self, code: int, words: tuple[str, ...]) -> tuple[str, str]:
        with self.running(*words, stderr=subprocess.PIPE) as process:
            out, err = process.communicate(timeout=300)
        assert process.returncode == code, err
        assert "Traceback" not in err
        return out, err

    @contextmanager
    def running(self, *words: str, stderr: int = subprocess.STDOUT) -> Iterator[Forked]:
        """Start a command that does not end by itself."""
        with Forked(self._words(words), self.path, environment(), stderr=stderr) as process:
            try:
                yield process
            finally:
                process.kill()

    def _words(self, words: tuple[str, ...]) -> list[str]:
        return ["--local-port", str(self.port), *words]

    def client(self, service: str) -> Any:
        """Return a boto3 client of the emulator that is not the tool's."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


def environment() -> dict[str, str]:
    """Return an environment without the user's settings, with this package."""
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
