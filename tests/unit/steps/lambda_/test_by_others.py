"""A function's settings by other parties and its failures: observed, reported, removed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provision.plan.change import Action
from provision.steps.lambda_.event_invoke import EventInvoke
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.import_check import _advice
from provision.steps.lambda_.states import failure
from provision.steps.lambda_.version import KEPT, Version, delete_versions_in
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.lambda_world import NAME, a_function, changed, made, version_of


@pytest.fixture
def function(account: None, tmp_path: Path) -> Function:
    return a_function(new_aws(), tmp_path)


def test_settings_of_others_are_taken_back(function: Function, workshop: Workshop) -> None:
    workshop.run(one_node(function), "up")
    client: Any = new_aws().lambda_
    client.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=5)
    client.update_function_configuration(FunctionName=NAME, EphemeralStorage={"Size": 1024})
    finding = workshop.run(one_node(function), "up").changes["it"]
    assert [diff.field for diff in finding.diffs] == ["concurrency", "strays"]
    assert finding.diffs[0].have == 5
    assert "1024 MB of storage" in str(finding.diffs[1].have)
    assert workshop.last.writes == ["DeleteFunctionConcurrency", "UpdateFunctionConfiguration"]
    assert workshop.run(one_node(function), "up").changes["it"].action is Action.KEEP
    shown = client.get_function_configuration(FunctionName=NAME)
    assert shown["EphemeralStorage"] == {"Size": 512}
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName=NAME)


def numbers() -> list[str]:
    listed = new_aws().lambda_.list_versions_by_function(FunctionName=NAME)
    return [version["Version"] for version in listed["Versions"]][1:]


def test_versions_go_from_the_subnet_or_group_that_they_are_attached_to(function: Function) -> None:
    """A version keeps its network, and interfaces in it (E2)."""
    now = made(function)
    for subnets, groups in (((), ()), (("subnet-0a",), ("sg-0a",)), (("subnet-0b",), ("sg-0b",))):
        now = changed(now, subnet_ids=subnets, group_ids=groups)
        version_of(now).create(new_aws())
    assert numbers() == ["1", "2", "3"]
    delete_versions_in(new_aws(), NAME, "subnet-0c")
    assert numbers() == ["1", "2", "3"]
    delete_versions_in(new_aws(), NAME, "subnet-0a")
    assert numbers() == ["1", "3"]
    delete_versions_in(new_aws(), NAME, "sg-0b")
    assert numbers() == ["1"]
    delete_versions_in(new_aws(), "no-such-function", "sg-0b")


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ({"State": "Failed"}, ": "),
        ({"State": "Failed", "StateReasonCode": "A", "StateReason": "b"}, "A: b"),
        ({"State": "Active", "LastUpdateStatus": "Failed"}, ": "),
        (
            {
                "State": "Active",
                "LastUpdateStatus": "Failed",
                "LastUpdateStatusReasonCode": "A",
                "LastUpdateStatusReason": "b",
            },
            "A: b",
        ),
        ({"State": "Active", "LastUpdateStatus": "Successful"}, ""),
        ({}, ""),
    ],
)
def test_a_failure_is_told_with_whatever_reason_aws_gives(shown: Any, told: str) -> None:
    assert failure(shown) == told


def test_the_plan_counts_the_versions_that_go() -> None:
    version = Version(function=NAME, code_sha256="", configuration="")
    told = {
        (): "",
        ("1",): f"version 1 is deleted: {KEPT} of the stack's own are kept",
        ("1", "2"): f"versions 1, 2 are deleted: {KEPT} of the stack's own are kept",
    }
    for surplus, words in told.items():
        object.__setattr__(version, "surplus", surplus)
        assert version.displaced_versions() == words


def test_destinations_of_others_are_seen_and_taken_away(
    function: Function, workshop: Workshop
) -> None:
    want = EventInvoke(function=NAME, qualifier="$LATEST", retries=1, max_age=3600)
    made(function)
    workshop.run(one_node(want), "up")
    queue, topic = "arn:aws:sqs:us-east-1:123456789012:q", "arn:aws:sns:us-east-1:123456789012:t"
    new_aws().lambda_.put_function_event_invoke_config(
        FunctionName=NAME,
        Qualifier="$LATEST",
        MaximumRetryAttempts=1,
        MaximumEventAgeInSeconds=3600,
        DestinationConfig={
            "OnSuccess": {"Destination": topic},
            "OnFailure": {"Destination": queue},
        },
    )
    (diff,) = workshop.run(one_node(want), "plan").changes["it"].diffs
    assert (diff.field, diff.have) == ("destinations", (f"failure {queue}", f"success {topic}"))
    workshop.run(one_node(want), "up")
    assert workshop.run(one_node(want), "up").changes["it"].action is Action.KEEP


def test_a_missing_package_is_to_be_put_into_a_layer() -> None:
    assert _advice("Runtime.ImportModuleError: No module named 'boto4'") == (
        "fix the code, or put the package into a layer (`provision config explain layers`)"
    )
    assert _advice("Runtime.UserCodeSyntaxError: invalid syntax") == "fix the code"
