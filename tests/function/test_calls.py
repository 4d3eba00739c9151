"""The function's code calls exactly the actions that its role grants.

A test of this folder fails if it makes the code call any other action (conftest.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from provision.aws.access import Location
from provision.permissions.requirements import expected
from provision.stack import StackInputs, build_stack
from tests.function.conftest import GRANTED, READING, Function
from tests.support.sample_stack import TinySources, configured

BY_LAMBDA = {
    "ec2:AssignPrivateIpAddresses": "puts the function into the subnets",
    "ec2:CreateNetworkInterface": "puts the function into the subnets",
    "ec2:DeleteNetworkInterface": "takes the function out of the subnets",
    "ec2:DescribeNetworkInterfaces": "puts the function into the subnets",
    "ec2:DescribeSubnets": "puts the function into the subnets",
    "ec2:UnassignPrivateIpAddresses": "takes the function out of the subnets",
    "logs:CreateLogStream": "writes what the function prints",
    "logs:PutLogEvents": "writes what the function prints",
    "sqs:SendMessage": "sends an event that failed for good to the dead letters",
    "xray:PutTelemetryRecords": "the daemon beside the function sends its segments",
    "xray:PutTraceSegments": "the daemon beside the function sends its segments",
}
"""Actions that Lambda itself performs with the role, and their purpose."""
OF_THE_GRANT: Final = {
    f"dynamodb:{name}"
    for name in (
        "BatchGetItem",
        "BatchWriteItem",
        "ConditionCheckItem",
        "DescribeTable",
        "Query",
    )
}
"""Actions that the grant `write` has for other code than the shipped function's."""


def granted(directory: Path, changes: Mapping[str, Any] | None = None) -> set[str]:
    """Return every action of the shipped function's role."""
    where = Location("012345678901", "us-east-1", "aws", "amazonaws.com")
    inputs = StackInputs(
        configured(directory, changes),
        where,
        ("us-east-1a", "us-east-1b"),
        TinySources(directory / "zips"),
        lambda api, stage: f"https://{api}/{stage}",
    )
    grants = expected(build_stack(inputs), where)["function.items.grants"]
    policies: dict[str, Any] = vars(grants)["policies"]
    return {
        action
        for policy in policies.values()
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    }


def test_the_role_grants_what_the_code_calls_and_what_lambda_does_with_it(tmp_path: Path) -> None:
    by_code = {action for action, _ in GRANTED}
    assert by_code.isdisjoint(OF_THE_GRANT)
    assert granted(tmp_path) == by_code | set(BY_LAMBDA) | OF_THE_GRANT


@pytest.mark.parametrize("keeper", READING)
def test_a_secret_adds_reading_it_and_nothing_else(tmp_path: Path, keeper: str) -> None:
    environment = {"CURSOR_KEY": {"secret": f"{keeper}:cursor"}}
    secret = {"functions": {"items": {"environment": environment}}}
    assert granted(tmp_path, secret) - granted(tmp_path) == {READING[keeper]}


def test_no_grant_goes_unused(function: Function) -> None:
    made = function.call("POST", body={"name": "a"}).document["id"]
    function.call("GET", made)
    function.call("GET")
    function.call("PUT", made, body={"name": "b"})
    function.call("DELETE", made)
    assert function.called == GRANTED
