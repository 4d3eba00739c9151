"""Controls about permissions, runtimes and notifications, as AWS shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from provision.aws.client import Aws
from tests.conformance.security.networks import functions

SUPPORTED = {"python3.11", "python3.12", "python3.13", "python3.14"}
"""https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""
YEAR = 365
TAG = "Environment"


def callable_by_anybody(aws: Aws) -> Iterator[str]:
    for function in functions(aws):
        for qualifier in ("$LATEST", "live"):
            for statement in _statements(aws, function["FunctionName"], qualifier):
                to = statement["Principal"]
                service = to.get("Service") if isinstance(to, dict) else None
                if service != "apigateway.amazonaws.com" or "Condition" not in statement:
                    yield f"{function['FunctionName']}:{qualifier}"


def _statements(aws: Aws, function: str, qualifier: str) -> list[Any]:
    at = {} if qualifier == "$LATEST" else {"Qualifier": qualifier}
    with suppress(aws.lambda_.exceptions.ResourceNotFoundException):
        policy = aws.lambda_.get_policy(FunctionName=function, **at)["Policy"]
        return list(json.loads(policy)["Statement"])
    return []


def let_anybody_call(aws: Aws) -> None:
    aws.lambda_.add_permission(
        FunctionName=functions(aws)[0]["FunctionName"],
        StatementId="open",
        Action="lambda:InvokeFunction",
        Principal="*",
    )


def on_old_runtimes(aws: Aws) -> Iterator[str]:
    yield from (f["FunctionName"] for f in functions(aws) if f["Runtime"] not in SUPPORTED)


def take_an_old_runtime(aws: Aws) -> None:
    name = functions(aws)[0]["FunctionName"]
    aws.lambda_.update_function_configuration(FunctionName=name, Runtime="python3.9")


def untagged_functions(aws: Aws) -> Iterator[str]:
    for function in functions(aws):
        if TAG not in aws.lambda_.list_tags(Resource=function["FunctionArn"])["Tags"]:
            yield function["FunctionName"]


def untag_functions(aws: Aws) -> None:
    for function in functions(aws):
        aws.lambda_.untag_resource(Resource=function["FunctionArn"], TagKeys=[TAG])


def _allowed(aws: Aws) -> Iterator[tuple[str, Any]]:
    """Yield role and policy with each statement that allows an action."""
    for role in aws.iam.list_roles()["Roles"]:
        name = role["RoleName"]
        pages = aws.iam.get_paginator("list_role_policies").paginate(RoleName=name)
        for policy in (each for page in pages for each in page["PolicyNames"]):
            document: Any = aws.iam.get_role_policy(RoleName=name, PolicyName=policy)
            for statement in _listed(document["PolicyDocument"]["Statement"]):
                if statement["Effect"] == "Allow":
                    yield f"{name}/{policy}", statement


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def allowed_everything(aws: Aws) -> Iterator[str]:
    for where, statement in _allowed(aws):
        if "*" in _listed(statement["Action"]) and "*" in _listed(statement["Resource"]):
            yield where


def allow_everything(aws: Aws) -> None:
    _put(aws, "everything", "*")


def allowed_whole_services(aws: Aws) -> Iterator[str]:
    for where, statement in _allowed(aws):
        if any(action.endswith("*") for action in _listed(statement["Action"])):
            yield where


def allow_a_whole_service(aws: Aws) -> None:
    _put(aws, "service", "s3:*")


def _put(aws: Aws, name: str, action: str) -> None:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    aws.iam.put_role_policy(
        RoleName=functions(aws)[0]["Role"].rpartition("/")[2],
        PolicyName=name,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def _alarms(aws: Aws) -> list[Any]:
    """Return the alarms without those that auto scaling created."""
    found = aws.cloudwatch.describe_alarms()["MetricAlarms"]
    return [alarm for alarm in found if not alarm["AlarmName"].startswith("TargetTracking-")]


def silent_alarms(aws: Aws) -> Iterator[str]:
    yield from (alarm["AlarmName"] for alarm in _alarms(aws) if not alarm["AlarmActions"])


def silence_an_alarm(aws: Aws) -> None:
    alarm = _alarms(aws)[0]
    aws.cloudwatch.put_metric_alarm(
        AlarmName=alarm["AlarmName"],
        Namespace=alarm["Namespace"],
        MetricName=alarm["MetricName"],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator=alarm["ComparisonOperator"],
    )


def disabled_alarms(aws: Aws) -> Iterator[str]:
    yield from (alarm["AlarmName"] for alarm in _alarms(aws) if not alarm["ActionsEnabled"])


def disable_an_alarm(aws: Aws) -> None:
    aws.cloudwatch.disable_alarm_actions(AlarmNames=[_alarms(aws)[0]["AlarmName"]])


def short_logs(aws: Aws) -> Iterator[str]:
    for group in aws.logs.describe_log_groups()["logGroups"]:
        if 0 < group.get("retentionInDays", 0) < YEAR:
            yield group["logGroupName"]


def shorten_logs(aws: Aws) -> None:
    name = aws.logs.describe_log_groups()["logGroups"][0]["logGroupName"]
    aws.logs.put_retention_policy(logGroupName=name, retentionInDays=30)
