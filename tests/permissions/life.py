"""One stack's whole life under exactly the policies printed for it: made, looked at, changed by
hand and by configuration in every way, found again without state, and removed.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.response import StreamingBody

from provision.account import account_alias
from provision.engine import Engine
from provision.graph import Stack
from provision.health import read_health
from provision.import_check import check_import
from provision.journal import Journal
from provision.leftovers import search
from provision.permissions.deployer import Purpose, deployer_policies
from provision.push import push, survey_code
from provision.stack.doors import key_door
from provision.step import Document, Step
from provision.steps import KINDS
from provision.steps.kms_key import KmsKey
from provision.steps.log_group import LogGroup
from provision.steps.role import Role
from provision.steps.security_group import Rule, SecurityGroup
from provision.steps.vpc import Vpc
from provision.zones import available_zones
from tests.permissions.byhand import (
    KEY,
    OTHER_POLICY,
    alias_by_hand,
    by_hand,
    double,
    key_by_hand,
    make_removable,
)
from tests.permissions.guard import Guard
from tests.reference import TinySources, reference_stack
from tests.workshop import ALLOW_ALL, HOLDER, Recorder, Workshop, new_aws

FULL: Mapping[str, Any] = {
    "api": {
        "domain": {"name": "api.example.com", "zone": "example.com"},
        "quota": {"limit": 1000, "period": "DAY"},
        "waf": {},
    },
    "functions": {
        "items": {
            "environment": {
                "CURSOR_KEY": {"secret": "ssm:/tap/cursor", "key": "alias/our-key"},
                "PASSWORD": {"secret": "secretsmanager:tap/db"},
            }
        }
    },
    "monitoring": {"email": "ops@example.com"},
    "network": {"flow_logs": {"traffic": "REJECT"}},
}
"""Every area there is."""
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
CHANGED: Mapping[str, Any] = {
    **FULL,
    "boundary": BOUNDARY,
    "tags": {"Environment": "production", "team": "a"},
    "functions": {"items": {"memory": 256}},
    "api": {**FULL["api"], "routes": {"GET /more": "items"}},
}
LOOKING = ("observe", "search", "holdings")
MAKING = ("create", "update")
REMOVING = ("delete", "back_up", "written_lately")

_doing: ContextVar[tuple[str, str]] = ContextVar("doing", default=("", ""))


@dataclass
class Life:
    """What was called: by kind and verb, and in order with what IAM was asked."""

    calls: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    guards: dict[str, Guard] = field(default_factory=dict)
    printed: dict[Purpose, list[Document]] = field(default_factory=dict)
    """The policies of the full stack."""
    theirs: Guard = field(default_factory=Guard)
    """A second stack's life in the same account, judged by nobody."""


class Attributing(Guard):
    """A guard that also notes which verb of which kind makes a call."""

    life: Life

    def _judge(self, model: Any, params: Any, context: Any, **more: Any) -> Any:
        kind, verb = _doing.get()
        called = f"{model.service_model.service_name}.{model.name}"
        self.life.calls.setdefault((kind, verb), set()).add(called)
        return super()._judge(model=model, params=params, context=context, **more)


@contextmanager
def verbs_told() -> Iterator[None]:
    """Every step's verbs say that they are at work, the outermost of them."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in KINDS.values():
            for verb in (*LOOKING, *MAKING, *REMOVING):
                method = next(vars(base)[verb] for base in kind.__mro__ if verb in vars(base))
                patch.setattr(kind, verb, _told(method, verb))
        yield


def _told(method: Callable[..., Any], verb: str) -> Callable[..., Any]:
    @wraps(method)
    def telling(self: Step, *arguments: Any) -> Any:
        if _doing.get() != ("", ""):
            return method(self, *arguments)
        token = _doing.set((self.KIND, verb))
        try:
            return method(self, *arguments)
        finally:
            _doing.reset(token)

    return telling


@dataclass
class Liver:
    """Runs one stack's commands, each under the policies for it."""

    life: Life
    workshop: Workshop
    directory: Path
    sources: TinySources

    def stack(self, changes: Mapping[str, Any]) -> Stack:
        return reference_stack(new_aws(), self.directory, changes, self.sources)

    def run(self, verb: str, changes: Mapping[str, Any], purpose: Purpose) -> None:
        """A command as a process of its own, under the policies for this configuration."""
        self.run_stack(verb, self.stack(changes), purpose)

    def run_stack(self, verb: str, stack: Stack, purpose: Purpose) -> None:
        guard = self.guard(stack, purpose, f"{verb} {len(self.life.guards)}")
        consent = replace(ALLOW_ALL, backup=True)
        self.workshop.run(stack, verb, recorder=guard, consent=consent)

    def guard(self, stack: Stack, purpose: Purpose, name: str) -> Guard:
        forgotten = {
            node: record.step
            for node, record in Journal.read(
                self.workshop.directory, stack.name, KINDS
            ).records.items()
            if node not in stack.nodes
        }
        found = deployer_policies(stack, forgotten, new_aws().where, purpose)
        guard = Attributing(policies=[policy.document for policy in found])
        guard.life = self.life
        self.life.guards[name] = guard
        return guard

    def look(self, purpose: Purpose, name: str) -> None:
        """What every command reads, with state and without, and what `provision status` adds."""
        stack = self.stack(FULL)
        guard = self.guard(stack, purpose, name)
        Workshop(self.directory / f"no state for {name}").run(stack, "plan", recorder=guard)
        seen = self.workshop.run(stack, "plan", recorder=guard)
        aws = new_aws(guard)
        account_alias(aws)
        available_zones(aws, 2)
        if purpose is Purpose.STATUS:
            read_health(aws, {n: f.have for n, f in seen.findings.items() if f.have is not None})

    def push(self) -> None:
        """Changed code, as `push --watch` brings it: invoked once before it goes live."""
        stack = self.stack(FULL)
        aws = new_aws(self.guard(stack, Purpose.UP, "push"))
        aws.lambda_.meta.events.register("before-call.lambda.Invoke", _imported)
        journal = Journal(self.workshop.directory, stack.name, KINDS).open(HOLDER)
        try:
            engine = Engine(stack, aws, journal)
            found = survey_code(engine, ["items"])
            outcome = push(engine, found, check=lambda version: check_import(aws, version))
        finally:
            journal.close()
        assert not outcome.failed, [error.message for error in outcome.failed.values()]

    def look_for_leftovers(self) -> None:
        guard = self.guard(self.stack(FULL), Purpose.DOWN, "leftovers")
        assert not search(new_aws(guard), "tap-dev", ()).unasked


def _imported(**_: Any) -> Any:
    """What Lambda answers; moto would run the code."""
    answer = {"Payload": StreamingBody(io.BytesIO(b"{}"), 2)}
    return SimpleNamespace(status_code=200), answer


def lived(directory: Path) -> Life:
    """The whole of it, beside a second stack of a similar name."""
    life = Life()
    new_aws().iam.create_policy(PolicyName="boundary", PolicyDocument=json.dumps(OTHER_POLICY))
    new_aws().route53.create_hosted_zone(Name="example.com", CallerReference="test")
    neighbour = Workshop(directory / "neighbour-state")
    theirs = reference_stack(new_aws(), directory / "neighbour", {"environment": "dev-2"})
    neighbour.run(theirs, "up", recorder=life.theirs)
    liver = Liver(
        life,
        Workshop(directory / "state"),
        directory / "ours",
        TinySources(directory / "zips"),
    )
    with verbs_told():
        _live(liver)
        _live_oddly(liver)
    full, where = liver.stack(FULL), new_aws().where
    for purpose in Purpose:
        found = deployer_policies(full, {}, where, purpose)
        life.printed[purpose] = [policy.document for policy in found]
    neighbour.run(theirs, "up", recorder=Recorder())
    neighbour.run(theirs, "down", recorder=life.theirs)
    return life


def _live(liver: Liver) -> None:
    liver.run("up", FULL, Purpose.UP)
    liver.look(Purpose.STATUS, "status")
    liver.sources.code += "# pushed\n"
    liver.push()
    by_hand(new_aws(), liver.workshop.run(liver.stack(FULL), "plan").findings)
    liver.run("up", FULL, Purpose.UP)
    liver.sources.code += "# changed\n"
    liver.sources.layer_text += "# changed\n"
    liver.run("up", CHANGED, Purpose.UP)
    liver.workshop.forget()
    double(new_aws())
    liver.run("up", FULL, Purpose.UP)
    liver.run("up", {}, Purpose.UP)  # the domain and the address go
    liver.run("up", FULL, Purpose.UP)
    liver.look(Purpose.DOWN, "down look")
    liver.look_for_leftovers()
    make_removable(new_aws(), liver.workshop.run(liver.stack(FULL), "plan").findings)
    liver.run("down", FULL, Purpose.DOWN)


def _live_oddly(liver: Liver) -> None:
    """What no stack has today, and its kinds can nevertheless: another workshop, a few nodes."""
    odd = replace(liver, workshop=Workshop(liver.directory / "odd-state"))
    odd.run_stack("up", _odd(attached=(), retention=30), Purpose.UP)
    odd.run_stack("up", _odd(attached=(BOUNDARY,), retention=0), Purpose.UP)
    key_by_hand(new_aws(), "alias/odd-dev")
    odd.run_stack("up", _odd(attached=(BOUNDARY,), retention=0), Purpose.UP)
    alias_by_hand(new_aws(), "alias/odd-dev")
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
    stack.add("role", lambda: role)
    stack.add(
        "logs",
        lambda: LogGroup(name="odd-dev", retention=retention, key=KEY if attached else "", tags={}),
    )
    stack.add(
        "encryption.key",
        lambda: KmsKey(
            alias="alias/odd-dev",
            description="it",
            policy=key_door(new_aws().where, (), "odd-dev-"),
            tags={"Environment": "production"},
        ),
    )
    vpc = stack.add("vpc", lambda: Vpc(cidr="10.30.0.0/24", tags={}))
    stack.add(
        "group",
        lambda vpc: SecurityGroup(
            vpc_id=vpc.id,
            name="odd-dev",
            description="it",
            ingress=(Rule("tcp", 443, 443, "10.30.0.0/24"),),
            tags={},
        ),
        vpc,
    )
    return stack
