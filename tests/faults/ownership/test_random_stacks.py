"""Random stacks, edits and crashes next to foreign resources: `down` leaves those as they were."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from moto import mock_aws

from provision.model.stack import Stack
from provision.model.step import Step
from provision.steps.dynamodb.table import Table
from provision.steps.iam.role import Role
from provision.steps.iam.role_policies import RolePolicies
from provision.steps.lambda_.alias import Alias
from provision.steps.lambda_.event_invoke import EventInvoke
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.permission import Permission
from provision.steps.lambda_.version import Version
from provision.steps.logs.log_group import LogGroup
from provision.steps.sns.topic import Topic
from provision.steps.sqs.queue import Queue
from tests.faults.ownership.account import dump
from tests.faults.ownership.foreign_stack import act, retag
from tests.support.harness import Died, Recorder, Where, constant, new_aws
from tests.support.moto_patches import teach_moto
from tests.unit.steps.lambda_world import a_bundle

SWEEP = "OWNERSHIP_SWEEP" in os.environ
OPTIONS = settings(
    max_examples=150 if SWEEP else 3,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["logs:*"], "Resource": ["*"]}],
}


@dataclass(frozen=True)
class Shape:
    """The nodes of a stack, and a value that edits change in each."""

    plain: frozenset[str]
    role: bool = False
    function: bool = False
    value: int = 1


def built(shape: Shape, name: str, folder: Path) -> Stack:
    """Return the stack of that shape; every name begins with `tap-dev-`."""
    stack = Stack(name)
    tags = {"value": str(shape.value)}
    plain: dict[str, Step] = {
        "table": Table(
            name="tap-dev-table", key="id", tags=tags, encryption="owned", recovery=False
        ),
        "queue": Queue(name="tap-dev-queue", tags=tags),
        "logs": LogGroup(name="tap-dev-logs", retention=30 * shape.value, tags=tags),
        "topic": Topic(name="tap-dev-topic", display="", tags=tags),
    }
    for node in sorted(shape.plain):
        stack.add(node, constant(plain[node]))
    if shape.role or shape.function:
        role = stack.add(
            "role", lambda _: Role(name="tap-dev-role", service="lambda.amazonaws.com", tags=tags)
        )
        stack.add(
            "grants",
            lambda get: RolePolicies(role=get(role).name, policies={"a": POLICY}),
            needs=[role],
        )
    if shape.function:
        add_function(stack, role, shape, tags, folder)
    return stack


def add_function(stack: Stack, role: Any, shape: Shape, tags: Any, folder: Path) -> None:
    bundle = a_bundle(str(shape.value))
    zipped = folder / f"{bundle.sha256}.zip"
    zipped.write_bytes(bundle.content)
    function = stack.add(
        "function",
        lambda get: Function(
            name="tap-dev-function",
            runtime="python3.13",
            handler="app.handler",
            role=get(role).arn,
            code_sha256=bundle.code_sha256,
            zip=str(zipped),
            log_group="/aws/lambda/tap-dev-function",
            tags=tags,
        ),
        needs=[role],
    )
    version = stack.add(
        "version",
        lambda get: Version(
            function=get(function).name,
            code_sha256=get(function).code_sha256,
            configuration=get(function).configuration(),
        ),
        needs=[function],
    )
    alias = stack.add(
        "alias",
        lambda get: Alias(function=get(version).function, name="live", version=get(version).number),
        needs=[version],
    )
    stack.add(
        "permission",
        lambda get: Permission(
            function=get(alias).function,
            qualifier=get(alias).name,
            statement="api",
            principal="apigateway.amazonaws.com",
            source=new_aws().location.arn("execute-api", "abc/*"),
        ),
        needs=[alias],
    )
    stack.add(
        "retries",
        lambda get: EventInvoke(
            function=get(alias).function,
            qualifier=get(alias).name,
            retries=1,
            max_age=60 * shape.value,
        ),
        needs=[alias],
    )


shapes = st.builds(
    Shape,
    plain=st.frozensets(st.sampled_from(["table", "queue", "logs", "topic"])),
    role=st.booleans(),
    function=st.booleans(),
    value=st.sampled_from([1, 2]),
)
crashes = st.none() | st.tuples(st.sampled_from(Where), st.integers(1, 12))
runs = st.lists(st.tuples(shapes, crashes), min_size=1, max_size=3)


def attempt(folder: Path, stack: Stack, verb: str, crash: tuple[Where, int] | None) -> None:
    try:
        act(folder / "state", stack, verb, Recorder(die=crash))
    except Died:
        return


@seed(2026)
@OPTIONS
@given(theirs=shapes, history=runs, last=crashes, forget=st.booleans())
def test_down_leaves_what_is_theirs_as_it_was(
    theirs: Shape,
    history: list[tuple[Shape, tuple[Where, int] | None]],
    last: tuple[Where, int] | None,
    forget: bool,
) -> None:
    with pytest.MonkeyPatch.context() as patch, mock_aws(), tempfile.TemporaryDirectory() as made:
        teach_moto(patch)
        folder = Path(made)
        act(folder / "theirs", built(theirs, "other-dev", folder), "up")
        before = dump(new_aws())
        for shape, crash in history:
            attempt(folder, built(shape, "tap-dev", folder), "up", crash)
        assert theirs_of(before) == before
        everything = replace(
            history[-1][0], plain=frozenset({"table", "queue", "logs", "topic"}), function=True
        )
        if forget and last is None:  # the last resources are then found by their tags
            for file in (folder / "state").iterdir():
                file.unlink()
        attempt(folder, built(history[-1][0], "tap-dev", folder), "down", last)
        act(folder / "state", built(everything, "tap-dev", folder), "down")
        assert dump(new_aws()) == before


def theirs_of(before: dict[str, Any]) -> dict[str, Any]:
    now = dump(new_aws())
    return {key: now.get(key) for key in before}


@seed(2026)
@OPTIONS
@given(shape=shapes, data=st.data())
def test_what_is_retagged_at_random_survives_down(shape: Shape, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch, mock_aws(), tempfile.TemporaryDirectory() as made:
        teach_moto(patch)
        folder = Path(made)
        stack = built(shape, "tap-dev", folder)
        steps = act(folder / "state", stack, "up").resources
        marked = sorted(node for node, step in steps.items() if step.OWNER_MARK.names_owner)
        taken = data.draw(st.sets(st.sampled_from(marked)) if marked else st.just(set()))
        for node in taken:
            retag(node, steps[node])
        before = dump(new_aws())
        if data.draw(st.booleans(), "the configuration was emptied"):
            stack = Stack("tap-dev")
        act(folder / "state", stack, "down")
        after = dump(new_aws())
        assert {key: value for key, value in before.items() if key in after} == after
        labels = {steps[node].label for node in taken}
        gone = before.keys() - after.keys()
        assert not [key for key in gone for label in labels if label in key.partition(" ")[2]]
