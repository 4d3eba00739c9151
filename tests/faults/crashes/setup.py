"""The shipped stack's account in this process, and commands that run one after another."""

from __future__ import annotations

import gc
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.client import ClientCreator
from moto import mock_aws

import provision.aws.concurrency
import provision.model.stack
from provision.aws.access import Access
from provision.aws.client import Aws
from provision.engine.engine import Engine
from provision.errors import ProvisionError
from provision.plan.plan import Result
from provision.stack.api import ACCOUNT_ROLE
from provision.state.journal import Journal
from provision.steps import KINDS
from tests.faults.crashes.interceptor import Line
from tests.support.account_inventory import Inventory, inventory, scaling
from tests.support.harness import ALLOW_ALL, HOLDER, REGION, Pooled
from tests.support.moto_patches import teach_moto
from tests.support.one_thread import Inline, wait
from tests.support.sample_stack import TinySources, reference_stack
from tests.support.virtual_clock import VirtualClock

STACK = "tap-dev"
ZONE = "example.com"
Shape = dict[str, Counter[str]]


@dataclass(frozen=True)
class Edition:
    """One version of config.yaml and the sources."""

    name: str
    changes: Mapping[str, Any]
    code: str = "def handler(event, context): return {}\n"
    layer: str = "x = 1\n"


@dataclass
class World:
    """The directories of the stack's files; the account is moto's, of this process."""

    home: Path
    state: Path
    core: botocore.session.Session = field(default_factory=botocore.session.Session)
    last: Line = field(default_factory=Line)
    journal: Journal | None = None
    workers: int = 1
    endpoint: str | None = None
    prepare: Callable[[Any], None] | None = None

    def aws(self, line: Line | None = None) -> Aws:
        access = Access(
            region=REGION,
            credentials=("test", "test"),
            endpoint=self.endpoint,
            on_client_created=line.watch if line else self.prepare,
            rate_limited=False,
        )
        kind = Aws if self.endpoint or self.workers > 1 else Pooled
        return kind(access, clock=VirtualClock(), core=self.core)

    def command(self, verb: str, edition: Edition) -> Callable[[], Result]:
        return lambda: self.run(verb, edition)

    def run(self, verb: str, edition: Edition, *, line: Line | None = None) -> Result:
        """Return the result of a command as a process of its own, with its own journal."""
        self.last = line or Line()
        aws = self.aws(None if self.endpoint else self.last)
        home = self.home / edition.name
        sources = TinySources(home / "zips", edition.code, edition.layer)
        with self.last.laid():
            stack = reference_stack(aws, home, edition.changes, sources)
            self.journal = Journal(self.state, stack.name, KINDS, stack.moved).open(HOLDER)
            try:
                engine = Engine(stack, aws, self.journal, ALLOW_ALL)
                seen = engine.plan(workers=self.workers)
                if verb == "up":
                    return engine.apply(seen, workers=self.workers)
                return engine.remove(engine.plan_removal(seen), workers=self.workers)
            finally:
                self.journal.close()

    def move_state(self, to: Path) -> None:
        """Give a forked process its own copy of the state as it is on disk."""
        if self.state.exists():  # it is created only after the first calls
            shutil.copytree(self.state, to)
        self.state = to
        if self.journal and self.journal._log is not None:
            log = os.open(to / "journal.jsonl", os.O_WRONLY | os.O_APPEND)
            os.dup2(log, self.journal._log)
            os.close(log)
            self.journal.directory = to

    def now(self) -> Inventory:
        """Return the account's content, except API Gateway's account-wide logging role."""
        aws = self.aws()
        found = {**inventory(aws), **scaling(aws)}
        kept = {
            kind: frozenset(name for name in names if not name.startswith(ACCOUNT_ROLE))
            for kind, names in found.items()
        }
        return {kind: names for kind, names in kept.items() if names}

    def intentions(self) -> list[str]:
        """Return the nodes whose record has a pending operation."""
        records = Journal.read(self.state, STACK, KINDS).records
        return [f"{node} ({record.pending})" for node, record in records.items() if record.pending]


IDS = re.compile(
    r"(?<=/)[a-z0-9]{10}$|^[a-z0-9]{10}(?=/|$)|(?<=Logs_)[a-z0-9]{10}|(?<=-)[0-9a-f]{17}$"
    r"|(?<=[-/])[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^_[0-9a-f]{32}|(?<=:)[0-9]+$"
)


def shape(found: Inventory) -> Shape:
    """Return the content with equal ids: names are compared, ids counted."""
    return {kind: Counter(IDS.sub("*", name) for name in names) for kind, names in found.items()}


def told(kind: str, have: Shape, want: Shape) -> list[str]:
    """Return the differences in words."""
    words = []
    for what in sorted(have.keys() | want.keys()):
        more = have.get(what, Counter()) - want.get(what, Counter())
        less = want.get(what, Counter()) - have.get(what, Counter())
        words += [f"{kind}: {what} {name} too many ({n})" for name, n in more.items()]
        words += [f"{kind}: {what} {name} missing ({n})" for name, n in less.items()]
    return words


def failures(outcome: Result) -> list[str]:
    return [f"{node}: {error.message}" for node, error in outcome.failed.items()]


def attempt(run: Callable[[], Result]) -> list[str]:
    """Return the failures in words, or nothing."""
    try:
        return failures(run())
    except ProvisionError as error:
        return [error.message]


@contextmanager
def one_thread() -> Iterator[None]:
    """Run walks in one thread, create client classes once, and collect no garbage."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provision.model.stack, "ThreadPoolExecutor", Inline)
        patch.setattr(provision.aws.concurrency, "ThreadPoolExecutor", Inline)
        patch.setattr(provision.model.stack, "wait", wait)
        made: dict[str, type] = {}
        make = vars(ClientCreator)["_create_client_class"]

        def once(self: ClientCreator, name: str, model: object) -> type:
            if name not in made:
                made[name] = make(self, name, model)
            return made[name]

        patch.setattr(ClientCreator, "_create_client_class", once)
        gc.disable()
        yield
        gc.enable()


@contextmanager
def account() -> Iterator[None]:
    """Run the block with an empty emulated account."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with pytest.MonkeyPatch.context() as patch:
        teach_moto(patch)
        with mock_aws():
            yield


def add_neighbours(aws: Aws) -> None:
    """Create resources that exist before our stack and do not belong to it."""
    aws.route53.create_hosted_zone(Name=ZONE, CallerReference="test")
    aws.logs.create_log_group(logGroupName="/aws/lambda/tap-dev-items-2")
    aws.sqs.create_queue(QueueName="tap-dev-items-dead-letters-2")
    aws.sns.create_topic(Name="tap-dev-alarms-2")
    aws.apigateway.create_rest_api(name=STACK)
    aws.apigateway.create_api_key(name="tap-dev-default")
    aws.ec2.create_vpc(CidrBlock="10.20.0.0/24")


def warm_up(folder: Path, edition: Edition) -> None:
    """Read, parse and compile everything once, before processes are forked off."""
    world = World(folder, folder / "state")
    add_neighbours(world.aws())
    for verb in ("up", "down"):
        assert failures(world.run(verb, edition)) == []
    world.now()
