"""SIGKILL for real, in a process with eight workers that uses this one's account over HTTP.

It kills itself at a random call. Its lock must be free at once, and the same sequels hold.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count as numbers
from pathlib import Path
from typing import Any

from moto.core.models import botocore_stubber
from moto.server import ThreadedMotoServer

from tests.faults.crashes.checks import Judge, Operation
from tests.faults.crashes.operations import OPERATIONS
from tests.faults.crashes.setup import World, account, add_neighbours, attempt

WORKERS = 8
IN_FLIGHT = 0.3
"""Seconds for the dead process's last requests to be carried out."""
CALLS = {
    "up from nothing": 240,
    "up that changes": 330,
    "down": 170,
    "up that renames": 150,
    "up that replaces the network, state lost": 190,
}
"""The approximate number of calls of each: a later kill does not happen, and is not counted."""


@dataclass
class Suicide:
    """Ends this process at its nth call, before it is sent or after it was answered."""

    number: int
    after: bool
    count: int = 0
    mutex: threading.Lock = field(default_factory=threading.Lock)

    def watch(self, client: Any) -> None:
        client.meta.events.register_first("before-call.*.*", self._before)
        client.meta.events.register_first("after-call.*.*", self._after)

    def _before(self, **_: object) -> None:
        with self.mutex:
            self.count += 1
            if self.count == self.number and not self.after:
                os.kill(os.getpid(), signal.SIGKILL)

    def _after(self, **_: object) -> None:
        with self.mutex:
            if self.after and self.count >= self.number:
                os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Kill:
    """One process killed, and the complaints afterwards."""

    what: str
    wrong: list[str]


def kills(folder: Path, seed: int, count: int) -> Iterator[Kill]:
    """Yield `count` random kills, each followed by the same or by the opposite command."""
    dice = random.Random(seed)
    with account(), serving() as endpoint:
        world = World(folder / "home", folder / "state")
        add_neighbours(world.aws())
        before = world.now()
        done = 0
        for number in numbers():
            if done == count:
                return
            here = folder / f"kill-{number}"  # a kill that came too late is followed by another
            here.mkdir()
            world.state = here / "state"
            operation = dice.choice(OPERATIONS)
            judge = Judge(world, operation, before)
            judge.prepare()
            judge.learn(here)
            suicide = Suicide(dice.randint(1, CALLS[operation.name]), dice.random() < 0.5)
            died = killed(world, operation, suicide, endpoint)
            time.sleep(IN_FLIGHT)
            if operation.lost:
                shutil.rmtree(world.state, ignore_errors=True)
            wrong = judge.sequels()["again" if dice.random() < 0.5 else "turn"]()
            wrong += judge.goes_down()
            if died:
                done += 1
                when = "after" if suicide.after else "before"
                yield Kill(f"{operation.name}, SIGKILL {when} call {suicide.number}", wrong)


def killed(world: World, operation: Operation, suicide: Suicide, endpoint: str) -> bool:
    """Return whether the process died of it."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    botocore_stubber.enabled = False
    world.endpoint, world.prepare, world.workers = endpoint, suicide.watch, WORKERS
    failed = attempt(world.command(operation.verb, operation.edition))
    os._exit(1 if failed else 0)


@contextmanager
def serving() -> Iterator[str]:
    """Serve the account of this process over HTTP."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()
