"""Tools of most tests: one-node stacks on moto, recorded calls, and a simulated crash."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import botocore.session

from provision.aws.access import READ_PREFIXES, Access
from provision.aws.client import Aws
from provision.engine.engine import Engine
from provision.model.stack import Get, Stack
from provision.model.step import Step
from provision.plan.options import PlanOptions
from provision.plan.plan import Result
from provision.state.holder import LockHolder
from provision.state.journal import Journal
from provision.steps import KINDS
from tests.support.virtual_clock import VirtualClock

S = TypeVar("S", bound=Step)

REGION = "us-east-1"
HOLDER = LockHolder("tester", "here", 1, "now", "test")


class Died(BaseException):
    """The simulated end of the process, which nothing may catch."""


class Where(Enum):
    """Before the call is sent, or after AWS carried it out and before the answer is read."""

    BEFORE = "before"
    AFTER = "after"


@dataclass
class Recorder:
    """Writes that were sent, in order, and where to crash: before or after the nth (from 1)."""

    writes: list[str] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    die: tuple[Where, int] | None = None

    def watch(self, client: Any) -> None:
        client.meta.events.register_first("before-call.*.*", self._before)
        client.meta.events.register_first("after-call.*.*", self._after)

    def unwatch(self, client: Any) -> None:
        client.meta.events.unregister("before-call.*.*", self._before)
        client.meta.events.unregister("after-call.*.*", self._after)

    def _before(self, model: Any, **_: Any) -> None:
        if model.name.startswith(READ_PREFIXES):
            self.reads.append(model.name)
            return
        if self.die and self.die[0] is Where.BEFORE and len(self.writes) + 1 >= self.die[1]:
            raise Died(model.name)
        self.writes.append(model.name)

    def _after(self, model: Any, **_: Any) -> None:
        if model.name.startswith(READ_PREFIXES):
            return
        if self.die and self.die[0] is Where.AFTER and len(self.writes) >= self.die[1]:
            raise Died(model.name)


@cache
def _core() -> botocore.session.Session:
    """Return one botocore session for all tests: it costs as much as ten calls."""
    return botocore.session.Session()


class Pooled(Aws):
    """A process's clients, reused from the last process to save the time of creating them.

    For runs one after another, each in the place of a process; the last one must no longer be used.
    `access.prepare` is the `watch` of an object with an `unwatch`.
    """

    pool: ClassVar[dict[str, tuple[Any, Pooled]]] = {}

    def _new_client(self, service: str) -> Any:
        if service in self.pool:
            client, last = self.pool[service]
            last.let_go(client)
            self.listen(client)
        else:
            client = super()._new_client(service)
        self.pool[service] = (client, self)
        return client

    def listen(self, client: Any) -> None:
        """Register this process's hooks; the one that checks answers is shared by all."""
        client.meta.events.register("before-call.*.*", self.hooks.before_call)
        client.meta.events.register("needs-retry.*.*", self.hooks.needs_retry)
        if self.access.on_client_created:
            self.access.on_client_created(client)

    def let_go(self, client: Any) -> None:
        client.meta.events.unregister("before-call.*.*", self.hooks.before_call)
        client.meta.events.unregister("needs-retry.*.*", self.hooks.needs_retry)
        if self.access.on_client_created:
            watching: Any = self.access.on_client_created
            watching.__self__.unwatch(client)


def new_aws(recorder: Recorder | None = None, region: str = REGION) -> Aws:
    access = Access(
        region=region,
        credentials=("test", "test"),
        on_client_created=recorder.watch if recorder else None,
        rate_limited=False,
    )
    return Aws(access, clock=VirtualClock(), core=_core())


ALLOW_ALL = PlanOptions(destroy_data=True, destroy=frozenset({"it", "encryption.key"}))


@dataclass
class Workshop:
    """Runs stacks in the emulated account, each run like a new process."""

    directory: Path
    last: Recorder = field(default_factory=Recorder)

    def run(
        self,
        stack: Stack,
        verb: str,
        *,
        recorder: Recorder | None = None,
        plan_options: PlanOptions = ALLOW_ALL,
        workers: int = 1,
    ) -> Result:
        """Return the result of a command as a process of its own, or raise its first failure."""
        self.last = recorder or Recorder()
        aws = self.connect(self.last)
        journal = Journal(self.directory, stack.name, KINDS, stack.moved).open(HOLDER)
        try:
            engine = Engine(stack, aws, journal, plan_options)
            with aws.reading():
                seen = engine.plan(workers=workers)
            if verb == "plan":
                return Result(seen.all, {}, {})
            if verb == "up":
                outcome = engine.apply(seen, workers=workers)
            else:
                outcome = engine.remove(engine.plan_removal(seen), workers=workers)
        finally:
            journal.close()
        for error in outcome.failed.values():
            raise error
        return outcome

    def connect(self, recorder: Recorder) -> Aws:
        """Return one process's connection; a recorder of another type may leave clients changed."""
        kind = Pooled if type(recorder) is Recorder else Aws
        access = Access(
            REGION,
            credentials=("test", "test"),
            on_client_created=recorder.watch,
            rate_limited=False,
        )
        return kind(access, clock=self.new_clock(), core=_core())

    def new_clock(self) -> VirtualClock:
        return VirtualClock()

    def forget(self) -> None:
        """Lose the state."""
        shutil.rmtree(self.directory)


def one_node(step: Step, *, name: str = "it", stack: str = "tap-dev") -> Stack:
    made = Stack(stack)
    made.add(name, constant(step))
    return made


def constant(step: S) -> Callable[[Get], S]:
    """Return the build function of a node that needs no other."""
    return lambda _: step


def empty(stack: str = "tap-dev") -> Stack:
    """Return the stack of a configuration without any node."""
    return Stack(stack)


Edit = Mapping[str, Any]
Build = Callable[[Aws], Step]
