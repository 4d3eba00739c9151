"""One stack's whole life cycle under exactly the policies printed for it.

It is created, observed, changed by hand and by configuration in every way, found again without
state, and removed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import pytest

from provision.engine.engine import Engine
from provision.model.stack import Stack
from provision.model.step import Document, Step
from provision.plan.plan import Plan
from provision.stack import build_stack
from provision.stack.lookups import account_alias, available_zones, given_key
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.steps.ec2.security_group import Rule, SecurityGroup
from provision.steps.ec2.vpc import Vpc
from provision.steps.iam.role import Role
from provision.steps.logs.log_group import LogGroup
from provision.workflows import dead_letters, invoke, redrive
from provision.workflows.checks.catalog import CHECKS
from provision.workflows.checks.http import HttpAnswer
from provision.workflows.checks.refusable import RefusedRequest
from provision.workflows.checks.round import RunMemory
from provision.workflows.checks.runner import CheckRun
from provision.workflows.checks.target import find_target
from provision.workflows.deployer_policy import Purpose, deployer_policies
from provision.workflows.endpoint_services import check_endpoint_services
from provision.workflows.health import read_health
from provision.workflows.leftovers import find_leftovers
from provision.workflows.logs.sources import log_sources
from provision.workflows.push import plan_push, push
from tests.conformance.permissions.guard import Guard
from tests.conformance.permissions.manual_edits import (
    KEY,
    OTHER_POLICY,
    SECOND_TABLE,
    alias_by_hand,
    beside_by_hand,
    by_hand,
    double,
    key_by_hand,
    make_removable,
)
from tests.support.harness import ALLOW_ALL, HOLDER, Workshop, new_aws
from tests.support.sample_stack import TinySources, reference_site, reference_stack

_OWN = "arn:{{partition}}:{}:{{region}}:{{account}}:{{name}}-{{environment}}"
"""The beginning of the ARN of a queue or topic of the stack's own, by its service."""
_POOLS = "arn:aws:cognito-idp:us-east-1:123456789012:userpool"
UNKEYED: Mapping[str, Any] = {
    "api": {
        "domain": {"name": "api.example.com", "zone": "example.com"},
        "quota": {"limit": 1000, "period": "DAY"},
        "routes": {
            "GET /items": {"function": "items", "throttle": {"rate": 50, "burst": 90}},
            "GET /items/{id}": {"function": "items", "auth": "users"},
            "DELETE /items/{id}": {"function": "items", "auth": "tokens"},
        },
        "authorizers": {
            "users": {"cognito": [f"{_POOLS}/us-east-1_a"]},
            "tokens": {"function": "items"},
        },
        "waf": {},
    },
    "functions": {
        "items": {
            "concurrency": 7,
            "on": {"nightly": {"schedule": "cron(0 3 * * ? *)"}},
            "environment": {
                "CURSOR_KEY": {"secret": "ssm:/tap/cursor", "key": "alias/our-key"},
                "PASSWORD": {"secret": "secretsmanager:tap/db"},
            },
            "policy": [
                {
                    "actions": ["sns:Publish"],
                    "resources": [f"{_OWN.format('sns')}-news"],
                    "conditions": {"StringEquals": {"aws:PrincipalAccount": "{account}"}},
                },
                {
                    "actions": ["sqs:SendMessage"],
                    "resources": [f"{_OWN.format('sqs')}-jobs"],
                },
            ],
        }
    },
    "monitoring": {"email": "ops@example.com"},
    "network": {"endpoints": ["s3", "sns", "sqs"], "flow_logs": {"traffic": "REJECT"}},
}
FULL: Mapping[str, Any] = {**UNKEYED, "encryption": {"key": "create"}}
"""Every area of the configuration."""
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
CHANGED: Mapping[str, Any] = {
    **FULL,
    "boundary": BOUNDARY,
    "tags": {"Environment": "production", "team": "a"},
    "functions": {"items": {"memory": 256, "on": FULL["functions"]["items"]["on"]}},
    "api": {
        **FULL["api"],
        "routes": {"GET /more": "items"},
        "authorizers": {"users": {"cognito": [f"{_POOLS}/us-east-1_b"]}},
    },
}
T = TypeVar("T")
LOOKING = ("observe", "find_candidates", "stored_data", "others_with_owner")
MAKING = ("create", "update", "prune")
REMOVING = ("delete", "back_up", "has_recent_writes")

_doing: ContextVar[tuple[str, str]] = ContextVar("doing", default=("", ""))


@dataclass
class Life:
    """The calls of a life cycle: by kind and verb, and in order with the checked permissions."""

    calls: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    guards: dict[str, Guard] = field(default_factory=dict)
    printed: dict[Purpose, list[Document]] = field(default_factory=dict)
    """The policies of the full stack."""
    theirs: Guard = field(default_factory=Guard)
    """The life cycle of a second stack in the account, with a customer's key."""
    reasons: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """The reasons in each plan without a state, by node."""


class Answering:
    """An API that answers everything, so that the checks ask AWS about all of it."""

    def get(self, path: str, headers: Mapping[str, str]) -> HttpAnswer:
        return HttpAnswer(200, {"x-amz-apigw-id": "E1="})

    def options(self, path: str, headers: Mapping[str, str]) -> HttpAnswer:
        return HttpAnswer(200)

    def send_refused(self, request: RefusedRequest, headers: Mapping[str, str]) -> HttpAnswer:
        return HttpAnswer(400)


class Attributing(Guard):
    """A guard that also records which verb of which kind makes a call."""

    life: Life

    def _judge(self, model: Any, params: Any, context: Any, **more: Any) -> Any:
        kind, verb = _doing.get()
        called = f"{model.service_model.service_name}.{model.name}"
        self.life.calls.setdefault((kind, verb), set()).add(called)
        return super()._judge(model=model, params=params, context=context, **more)


@contextmanager
def verbs_told() -> Iterator[None]:
    """Record which verb of which step is running, in threads that it starts too.

    Only the outermost verb counts.
    """
    submit = ThreadPoolExecutor.submit

    def carry(pool: Any, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return submit(pool, copy_context().run, call, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ThreadPoolExecutor, "submit", carry)
        for verb in (*LOOKING, *MAKING, *REMOVING):
            having = [kind for kind in KINDS.values() if hasattr(kind, verb)]
            assert having, f"no kind has {verb}"
            for kind in having:  # some verbs belong to a capability
                method = next(vars(base)[verb] for base in kind.__mro__ if verb in vars(base))
                patch.setattr(kind, verb, _told(method, verb))
        yield


def _told(method: Callable[..., Any], verb: str) -> Callable[..., Any]:
    @wraps(method)
    def telling(self: Step, *arguments: Any) -> Any:
        return _as_of(self.KIND, verb, method, self, *arguments)

    return telling


def _as_of(kind: str, verb: str, call: Callable[..., Any], *arguments: Any) -> Any:
    if _doing.get() != ("", ""):
        return call(*arguments)
    token = _doing.set((kind, verb))
    try:
        return call(*arguments)
    finally:
        _doing.reset(token)


@dataclass
class Liver:
    """Runs one stack's commands, each under the policies for it."""

    life: Life
    workshop: Workshop
    directory: Path
    sources: TinySources

    def stack(self, changes: Mapping[str, Any]) -> Stack:
        return reference_stack(new_aws(), self.directory, changes, self.sources)

    def run(self, verb: str, changes: Mapping[str, Any], purpose: Purpose) -> Mapping[str, Step]:
        """Return the steps of a command run as its own process, under its policies."""
        return self.run_stack(verb, self.stack(changes), purpose)

    def run_stack(self, verb: str, stack: Stack, purpose: Purpose) -> Mapping[str, Step]:
        return self.part(lambda: self._run_stack(verb, stack, purpose))

    def part(self, live: Callable[[], T]) -> T:
        """Return the result of one command, which reaches AWS only through `asking`."""
        return live()

    def asking(self, guard: Guard) -> AbstractContextManager[object]:
        """Run the block under the guard's policies."""
        return nullcontext(guard)

    def _run_stack(self, verb: str, stack: Stack, purpose: Purpose) -> Mapping[str, Step]:
        guard = self.guard(stack, purpose, f"{verb} {len(self.life.guards)}")
        plan_options = replace(ALLOW_ALL, backup=True)
        with self.asking(guard):
            ran = self.workshop.run(stack, verb, recorder=guard, plan_options=plan_options)
            if verb == "up":
                check_endpoint_services(self.workshop.connect(guard), Plan(ran.changes))
            return ran.resources

    def guard(self, stack: Stack, purpose: Purpose, name: str) -> Guard:
        forgotten = {
            node: record.step
            for node, record in Journal.read(
                self.workshop.directory, stack.name, KINDS
            ).records.items()
            if node not in stack.nodes
        }
        found = deployer_policies(stack, forgotten, new_aws().location, purpose)
        guard = Attributing(policies=[policy.document for policy in found])
        guard.life = self.life
        self.life.guards[name] = guard
        return guard

    def look(self, purpose: Purpose, name: str) -> None:
        """Read as every command does without a state, and as `provision status` does."""
        self.part(lambda: self._look(self.stack(FULL), purpose, name))

    def _look(self, stack: Stack, purpose: Purpose, name: str) -> None:
        guard = self.guard(stack, purpose, name)
        with self.asking(guard):
            stateless = replace(self.workshop, directory=self.directory / f"no state for {name}")
            found = stateless.run(stack, "plan", recorder=guard).changes
            self.life.reasons[name] = {node: one.reason for node, one in found.items()}
            aws = self.workshop.connect(guard)
            account_alias(aws)
            available_zones(aws, 2)
            if purpose is Purpose.STATUS:
                seen = self.workshop.run(stack, "plan", recorder=guard)
                steps = {n: f.have for n, f in seen.changes.items() if f.have is not None}
                read_health(aws, steps)

    def operate(self) -> None:
        """Run the commands for an existing stack, under `--for operate` alone."""
        self.part(lambda: self._operate(self.stack(FULL)))

    def _operate(self, stack: Stack) -> None:
        guard = self.guard(stack, Purpose.OPERATE, "operate")
        aws = self.workshop.connect(guard)
        with self.asking(guard):
            account_alias(aws)
            available_zones(aws, 2)
            aws.ec2.describe_subnets()
            given_key(aws, "alias/tap-dev")
            for qualifier in ("live", invoke.LATEST):
                target = invoke.InvocationTarget("tap-dev-items", qualifier)
                invoke.refuse_foreign(aws, stack.owner_prefix, target.function)
                invoke.invoke_once(aws, target, b"{}")
                destination = redrive.find_destination(aws, stack.owner_prefix, target)
            name = "tap-dev-items-dead-letters"
            letters = dead_letters.read_queue(aws, stack.owner_prefix, "items", name)
            assert letters
            new_aws().sqs.send_message(QueueUrl=letters.url, MessageBody="{}")
            dead_letters.oldest_ages(aws, [replace(letters, waiting=1)])
            assert len(dead_letters.peek(aws, letters, 1)) == 1
            options = redrive.RedriveOptions()
            redrive.Redrive(aws, letters, destination, options, lambda _: None).run(workers=1)
            dead_letters.purge(aws, letters)
            records = Journal.read(self.workshop.directory, stack.name, KINDS).records
            site = reference_site(new_aws(), self.directory, FULL, self.sources)
            steps = {node: record.step for node, record in records.items()}
            checked = find_target(site, stack, steps)
            run = CheckRun(
                aws, checked, Answering(), Answering(), lambda _: Answering(), RunMemory()
            )
            run.ask([one for one in CHECKS if one.id != "tls"], 0, lambda *_: None)
            for source in log_sources({node: record.step for node, record in records.items()}):
                aws.logs.filter_log_events(logGroupName=source.group, limit=1)

    def push(self, changes: Mapping[str, Any]) -> None:
        """Push changed code, which is invoked once before it goes live."""
        self.part(lambda: self._push(self.stack(changes)))

    def _push(self, stack: Stack) -> None:
        guard = self.guard(stack, Purpose.UP, "push")
        aws = self.workshop.connect(guard)
        journal = Journal(self.workshop.directory, stack.name, KINDS).open(HOLDER)
        try:
            with self.asking(guard):
                engine = Engine(stack, aws, journal)
                found = plan_push(engine, ["items"])
                outcome = push(engine, found)
        finally:
            journal.close()
        assert not outcome.failed, [error.message for error in outcome.failed.values()]

    def look_for_leftovers(self) -> None:
        self.part(lambda: self._look_for_leftovers(self.stack(FULL)))

    def _look_for_leftovers(self, stack: Stack) -> None:
        guard = self.guard(stack, Purpose.DOWN, "leftovers")
        with self.asking(guard):
            found = find_leftovers(self.workshop.connect(guard), stack, ())
        assert not found.not_searched, found.not_searched


def lived(directory: Path) -> Life:
    """Return the whole life cycle, in an account with a second stack of a similar name."""
    life = Life()
    prepare()
    neighbour = Workshop(directory / "neighbour-state")
    theirs = neighbours(directory / "neighbour")
    printed = deployer_policies(theirs, {}, new_aws().location, Purpose.ALL)
    life.theirs = Guard(policies=[policy.document for policy in printed])
    neighbour.run(theirs, "up", recorder=life.theirs)
    liver = Liver(
        life,
        Workshop(directory / "state"),
        directory / "ours",
        TinySources(directory / "zips"),
    )
    with verbs_told():
        live(liver)
    full, where = liver.stack(FULL), new_aws().location
    for purpose in Purpose:
        found = deployer_policies(full, {}, where, purpose)
        life.printed[purpose] = [policy.document for policy in found]
    neighbour.run(theirs, "down", recorder=life.theirs)
    return life


def prepare() -> None:
    """Create the resources that the stacks' owner must have."""
    new_aws().iam.create_policy(PolicyName="boundary", PolicyDocument=json.dumps(OTHER_POLICY))
    new_aws().route53.create_hosted_zone(Name="example.com", CallerReference="test")


def neighbours(directory: Path) -> Stack:
    """Return a stack of a similar name, encrypted with an existing key."""
    aws, alias = new_aws(), "alias/customers"
    aws.kms.create_alias(AliasName=alias, TargetKeyId=aws.kms.create_key()["KeyMetadata"]["KeyId"])
    changes = {"environment": "dev-2", "encryption": {"key": alias}}
    inputs = reference_site(aws, directory, changes)
    return build_stack(replace(inputs, key=given_key(new_aws(), alias)))


def live(liver: Liver) -> None:
    """Run all commands, and all events that may happen between them."""
    _live(liver)
    _live_oddly(liver)


def _live(liver: Liver) -> None:
    made = liver.run("up", UNKEYED, Purpose.UP)
    liver.sources.code += "# pushed\n"
    liver.push(UNKEYED)
    by_hand(new_aws(), made)
    liver.run("up", UNKEYED, Purpose.UP)
    liver.sources.code += "# changed\n"
    liver.sources.layer_text += "# changed\n"
    liver.run("up", CHANGED, Purpose.UP)
    liver.workshop.forget()
    double(new_aws())
    key_by_hand(new_aws(), "alias/tap-dev")
    liver.run("up", FULL, Purpose.UP)
    alias_by_hand(new_aws(), "alias/tap-dev")
    beside_by_hand(new_aws())
    liver.operate()
    liver.look(Purpose.STATUS, "status")
    liver.look(Purpose.DOWN, "down look")
    new_aws().dynamodb.delete_table(TableName=SECOND_TABLE)
    liver.look_for_leftovers()
    tables = {"items": {"capacity": "on-demand"}}  # which ends the scaling, and back
    bare = {"encryption": FULL["encryption"], "tables": tables}
    liver.run("up", bare, Purpose.UP)  # the domain and the address are deleted
    made = liver.run("up", FULL, Purpose.UP)
    make_removable(new_aws(), made)
    liver.run("down", FULL, Purpose.DOWN)


def _live_oddly(liver: Liver) -> None:
    """Run nodes that no stack has today, but that the kinds support, in another workshop."""
    elsewhere = replace(liver.workshop, directory=liver.directory / "odd-state")
    odd = replace(liver, workshop=elsewhere)
    odd.run_stack("up", _odd(attached=(), retention=30), Purpose.UP)
    odd.run_stack("up", _odd(attached=(BOUNDARY,), retention=0), Purpose.UP)
    new_aws().iam.put_role_policy(
        RoleName="odd-dev-role", PolicyName="by-hand", PolicyDocument=json.dumps(OTHER_POLICY)
    )
    odd.run_stack("down", _odd(attached=(BOUNDARY,), retention=0), Purpose.DOWN)


def _odd(*, attached: tuple[str, ...], retention: int) -> Stack:
    stack = Stack("odd-dev")
    role = Role(
        name="odd-dev-role",
        service="lambda.amazonaws.com",
        boundary=BOUNDARY,
        attached=attached,
        tags={},
    )
    stack.add("role", lambda _: role)
    stack.add(
        "logs",
        lambda _: LogGroup(
            name="odd-dev", retention=retention, key=KEY if attached else "", tags={}
        ),
    )
    vpc = stack.add("vpc", lambda _: Vpc(cidr="10.30.0.0/24", tags={}))
    stack.add(
        "group",
        lambda get: SecurityGroup(
            vpc_id=get(vpc).id,
            name="odd-dev",
            description="it",
            ingress=(Rule("tcp", 443, 443, "10.30.0.0/24"),),
            tags={},
        ),
        needs=[vpc],
    )
    return stack
