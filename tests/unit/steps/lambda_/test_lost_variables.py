"""A function whose key is no longer usable: its variables are lost, the function is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from moto.awslambda.models import LambdaFunction
from moto.kms.models import kms_backends

from provision.errors import NotPermitted
from provision.model.stack import Stack
from provision.plan.change import Action
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.version import Version
from tests.support.harness import REGION, Workshop, new_aws
from tests.unit.steps.lambda_world import Refusing, a_function

ACCOUNT = "123456789012"


class Unseen(Refusing):
    """A KMS that describes no key."""

    def __init__(self) -> None:
        super().__init__("DescribeKey", "AccessDeniedException")

    def watch(self, client: Any) -> None:
        super().watch(client)
        client.meta.events.register("before-call.kms.DescribeKey", self._refuse)


def a_key() -> str:
    return new_aws().kms.create_key()["KeyMetadata"]["Arn"]


def disabled(key: str) -> None:
    new_aws().kms.disable_key(KeyId=key.rpartition("/")[2])


def going(key: str) -> None:
    new_aws().kms.schedule_key_deletion(KeyId=key.rpartition("/")[2])


def gone(key: str) -> None:
    del kms_backends[ACCOUNT][REGION].keys[key.rpartition("/")[2]]


def stack(function: Function) -> Stack:
    made = Stack("tap-dev")
    node = made.add("function", lambda _: function)
    made.add(
        "version",
        lambda get: Version(
            function=get(node).name,
            code_sha256=get(node).code_sha256,
            configuration=get(node).configuration(),
        ),
        needs=[node],
    )
    return made


@pytest.fixture
def function(workshop: Workshop, tmp_path: Path) -> Function:
    wanted = replace(a_function(new_aws(), tmp_path), key=a_key(), environment={"A": "b"})
    workshop.run(stack(wanted), "up")
    return wanted


@pytest.fixture(params=[disabled, going, gone])
def lost(request: pytest.FixtureRequest, function: Function, monkeypatch: Any) -> Function:
    """Let KMS answer as for a lost key: the same for a deleted key as for a forbidden one."""
    request.param(function.key)
    get_code = LambdaFunction.get_code

    def shown(self: Any) -> Any:
        found = get_code(self)
        if found["Configuration"]["KMSKeyArn"] == function.key:
            error = {"ErrorCode": "AccessDeniedException", "Message": "no such key, or not yours"}
            found["Configuration"]["Environment"] = {"Error": error}
        return found

    monkeypatch.setattr(LambdaFunction, "get_code", shown)
    return function


@pytest.mark.parametrize("remembers", [True, False])
def test_another_key_brings_it_back(lost: Function, workshop: Workshop, *, remembers: bool) -> None:
    if not remembers:
        workshop.forget()
    with_another = stack(replace(lost, key=a_key()))
    seen = workshop.run(with_another, "plan").changes
    failed = next(diff for diff in seen["function"].diffs if diff.field == "failure")
    assert f"its variables cannot be read: the key {lost.key} is " in failed.have
    assert seen["version"].action is Action.REPLACE
    workshop.run(with_another, "up")
    seen = workshop.run(with_another, "plan").changes
    assert {finding.action for finding in seen.values()} == {Action.KEEP}
    shown = new_aws().lambda_.get_function(FunctionName=lost.name, Qualifier="2")
    assert shown["Configuration"]["Environment"]["Variables"] == {"A": "b"}


def test_it_can_be_removed(lost: Function, workshop: Workshop) -> None:
    workshop.run(stack(lost), "down")
    assert new_aws().lambda_.list_functions()["Functions"] == []


def test_a_state_that_is_not_told_proves_nothing(function: Function, workshop: Workshop) -> None:
    disabled(function.key)
    with pytest.raises(NotPermitted, match="is not shown"):
        workshop.run(stack(function), "plan", recorder=Unseen())
