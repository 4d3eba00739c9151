"""A stage for each worker: an emulator, the connection to it, and stacks for the tests."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from provision import local
from tests.integration.terminal.looks import Look
from tests.integration.terminal.terminal import Terminal
from tests.support.preloaded import COMMAND, Forked, Place
from tests.support.sample_stack import ROOT
from tests.unit.local.conftest import free_port, quiet

STACK: dict[str, Any] = {
    "region": "us-east-1",
    "tags": {"Environment": "production"},
    "tables": {"items": {"key": "id", "protect": False}},
    "functions": {"items": {"handler": "app.handler", "tables": {"items": "read"}}},
    "api": {"stage": "v1", "routes": {"GET /items": "items"}},
    "environments": {"local": {}},
}
HANDLER = "def handler(event, context):\n    return {'number': 1}\n"


@dataclass(frozen=True)
class Stack:
    """A stack of its own on the shared emulator."""

    name: str
    folder: Path

    @property
    def code(self) -> Path:
        return self.folder / self.name / "app.py"

    @property
    def words(self) -> list[str]:
        state = f".provision/{self.name}"
        return ["--config", f"{self.name}.yaml", "--state", state]


def forked(words: Sequence[str], folder: Path, variables: Mapping[str, str], at: int) -> Forked:
    return _forked(words, folder, variables, at, Place(session=True, terminal=True))


def forked_behind(
    words: Sequence[str], folder: Path, variables: Mapping[str, str], at: int
) -> Forked:
    place = Place(session=True, terminal=True, behind=True)
    return _forked(words, folder, variables, at, place)


def _forked(
    words: Sequence[str], folder: Path, variables: Mapping[str, str], at: int, place: Place
) -> Forked:
    return Forked(words, folder, variables, stdin=at, stdout=at, stderr=at, place=place)


@dataclass
class Stage:
    """The emulator behind a proxy; `port` is the proxy's, which every command uses."""

    folder: Path
    port: int
    numbers: Iterator[int] = field(default_factory=count)

    def stack(self, **more: Any) -> Stack:
        """Return a new stack, of which nothing exists yet."""
        made = Stack(f"t{next(self.numbers)}", self.folder)
        functions = {"items": STACK["functions"]["items"] | {"source": made.name}}
        settings = STACK | {"name": made.name, "functions": functions} | more
        (self.folder / f"{made.name}.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
        made.code.parent.mkdir()
        made.code.write_text(HANDLER)
        return made

    def deployed(self, **more: Any) -> Stack:
        """Return a new stack, fully deployed."""
        made = self.stack(**more)
        process = Forked(self._words(made, "up --local --yes"), self.folder, self._variables({}))
        _, told = process.communicate()
        assert process.returncode == 0, told
        return made

    def run(self, stack: Stack, words: str, look: Look, **variables: str) -> Terminal:
        """Return a terminal in which a fork of the program runs the command."""
        given = self._variables(look.variables | variables)
        return Terminal(self._words(stack, words), self.folder, given, look.size, forked)

    def execute(self, stack: Stack, words: str, look: Look, **variables: str) -> Terminal:
        """Return a terminal in which the program itself runs the command."""
        given = self._variables(look.variables | variables)
        return Terminal([*COMMAND, *self._words(stack, words)], self.folder, given, look.size)

    def run_behind(self, stack: Stack, words: str, look: Look) -> Terminal:
        """Return a terminal in which the command runs in the background, as after `&`."""
        given = self._variables(look.variables)
        return Terminal(self._words(stack, words), self.folder, given, look.size, forked_behind)

    def _words(self, stack: Stack, words: str) -> list[str]:
        return ["--local-port", str(self.port), *stack.words, *words.split()]

    def _variables(self, more: dict[str, str]) -> dict[str, str]:
        wanted = ("PATH", "HOME", "XDG_STATE_HOME")  # the last has the secret of our emulators
        passed_on = {name: os.environ[name] for name in wanted if name in os.environ}
        return {**passed_on, "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), **more}

    def send(self, queue: str, body: str) -> None:
        """Put a message into a queue."""
        sqs = boto3.client(
            "sqs",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"], MessageBody=body)

    def delay(self, seconds: float) -> None:
        """Delay every answer, also of running commands."""
        self._tell(f"latency/{seconds}")

    def refuse(self, action: str) -> None:
        """Refuse this call from now on; with the empty name, none."""
        self._tell(f"refuse/{action}")

    def calls(self) -> int:
        """Return the number of answered calls."""
        return int(self._tell("count"))

    def _tell(self, words: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("PUT", f"/_bench/{words}")
        answer = connection.getresponse().read()
        connection.close()
        return answer


@pytest.fixture(scope="session")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("terminal")
    root = folder / ".provision" / "emulator"
    emulator = local.start(root, port=free_port(), report=quiet)
    record = root / "emulator.json"
    known = json.loads(record.read_text())
    proxied = [str(emulator.port), str(root), str(known["pid"])]
    command = [sys.executable, "-m", "tests.integration.terminal.proxy", *proxied]
    proxy = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert proxy.stdout
    port = int(proxy.stdout.readline())
    record.write_text(json.dumps(known | {"port": port}))  # so that commands take the proxy for it
    try:
        yield Stage(folder, port)
    finally:
        record.write_text(json.dumps(known))
        local.stop(root)
        proxy.kill()
        proxy.communicate()


@pytest.fixture
def stage(theatre: Stage) -> Iterator[Stage]:
    """Yield the stage without delay and refusals."""
    yield theatre
    theatre.delay(0)
    theatre.refuse("")


@pytest.fixture(scope="session")
def standing(theatre: Stage) -> Stack:
    """Return a stack that tests only read, or leave as complete as they found it."""
    return theatre.deployed()
