"""The roles' own policies allow exactly the intended actions.

An independent linter reads every policy we make.
"""

from __future__ import annotations

import importlib
import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from provision.aws.access import Location
from provision.model.step import Step
from provision.permissions.policies import policies
from provision.permissions.requirements import expected
from provision.stack import StackInputs, build_stack
from tests.conformance.permissions.evaluation import Ask, Document, allowed, lines
from tests.conformance.permissions.full_page import full_asks
from tests.conformance.permissions.lifecycle import FULL
from tests.conformance.permissions.place import HERE
from tests.support.sample_stack import TinySources, configured

VPC = {"aws:sourcevpc": ("*",)}
"""The value in the condition while the VPC has no id yet."""


@pytest.fixture
def steps(tmp_path: Path) -> dict[str, Step]:
    where = Location("012345678901", "us-east-1", "aws", "amazonaws.com")
    second = {"tables": {"orders": {"key": "id"}}}
    inputs = StackInputs(
        configured(tmp_path, {**FULL, **second}),
        where,
        ("us-east-1a", "us-east-1b"),
        TinySources(tmp_path / "zips"),
        lambda api, stage: f"https://{api}/{stage}",
    )
    return expected(build_stack(inputs), where)


def of(steps: dict[str, Step], node: str) -> list[Document]:
    found: dict[str, Document] = vars(steps[node])["policies"]
    return list(found.values())


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:us-east-1:012345678901:{resource}"


TABLE = arn("dynamodb", "table/tap-dev-items")
GROUP = arn("logs", "log-group:/aws/lambda/tap-dev-items:log-stream:x")
PARAMETER = arn("ssm", "parameter/tap/cursor")
SECRET = arn("secretsmanager", "secret:tap/db-AbCdEf")


def decrypting(service: str, kept: str, alias: str = "alias/our-key") -> Ask:
    """Return the permission that KMS checks when a service decrypts its data."""
    told = {"ssm": "parameter_arn", "secretsmanager": "secretarn"}[service]
    context = {
        "kms:viaservice": (f"{service}.us-east-1.amazonaws.com",),
        "kms:resourcealiases": (alias, "alias/another-name-of-it"),
        f"kms:encryptioncontext:{told}": (kept,),
    }
    return Ask("kms:Decrypt", arn("kms", "key/11111111-2222-3333-4444-555555555555"), context)


ALLOWED = [
    *(
        Ask(f"dynamodb:{action}", TABLE, VPC)
        for action in (
            "BatchGetItem",
            "BatchWriteItem",
            "ConditionCheckItem",
            "DeleteItem",
            "DescribeTable",
            "GetItem",
            "PutItem",
            "Query",
            "Scan",
            "UpdateItem",
        )
    ),
    Ask("logs:CreateLogStream", GROUP),
    Ask("logs:PutLogEvents", GROUP),
    Ask("xray:PutTraceSegments", "*"),
    Ask("xray:PutTelemetryRecords", "*"),
    Ask("sqs:SendMessage", arn("sqs", "tap-dev-items-dead-letters")),
    Ask("ssm:GetParameter", PARAMETER, VPC),
    Ask("secretsmanager:GetSecretValue", SECRET, VPC),
    decrypting("ssm", PARAMETER),
    Ask("ec2:CreateNetworkInterface", arn("ec2", "network-interface/eni-1")),
    Ask("ec2:DeleteNetworkInterface", arn("ec2", "network-interface/eni-1")),
    Ask("ec2:DescribeNetworkInterfaces", "*"),
]
CODE = {"lambda:sourcefunctionarn": (arn("lambda", "function:tap-dev-items"),)}
"""A condition key of the function's own code, and not of Lambda's calls with the role."""
DENIED = [
    *(
        Ask(f"ec2:{action}", arn("ec2", "network-interface/eni-1"), CODE)
        for action in (
            "AssignPrivateIpAddresses",
            "CreateNetworkInterface",
            "DeleteNetworkInterface",
            "UnassignPrivateIpAddresses",
        )
    ),
    Ask("ec2:DescribeNetworkInterfaces", "*", CODE),
    Ask("ec2:DescribeSubnets", "*", CODE),
    Ask("dynamodb:GetItem", TABLE),  # from outside our VPC
    Ask("dynamodb:GetItem", arn("dynamodb", "table/tap-dev-orders"), VPC),
    Ask("dynamodb:GetItem", arn("dynamodb", "table/tap-dev-items-2"), VPC),
    Ask("dynamodb:GetItem", arn("dynamodb", "table/tap-dev-2-items"), VPC),
    Ask("dynamodb:BatchWriteItem", arn("dynamodb", "table/tap-dev-orders"), VPC),
    Ask("dynamodb:PartiQLUpdate", TABLE, VPC),
    Ask("dynamodb:Scan", f"{TABLE}/index/by-owner", VPC),
    Ask("dynamodb:CreateTable", TABLE, VPC),
    Ask("dynamodb:DeleteTable", TABLE, VPC),
    Ask("dynamodb:UpdateTable", TABLE, VPC),
    Ask("dynamodb:ExportTableToPointInTime", TABLE, VPC),
    Ask("logs:CreateLogGroup", arn("logs", "log-group:/aws/lambda/tap-dev-items")),
    Ask("logs:DeleteLogGroup", arn("logs", "log-group:/aws/lambda/tap-dev-items:*")),
    Ask("logs:PutLogEvents", arn("logs", "log-group:/aws/lambda/tap-dev-orders:log-stream:x")),
    Ask("sqs:SendMessage", arn("sqs", "tap-dev-orders-dead-letters")),
    Ask("sqs:ReceiveMessage", arn("sqs", "tap-dev-items-dead-letters")),
    Ask("sqs:DeleteQueue", arn("sqs", "tap-dev-items-dead-letters")),
    Ask("ssm:GetParameter", PARAMETER),  # from outside our VPC
    Ask("ssm:GetParameter", f"{PARAMETER}-2", VPC),
    Ask("ssm:GetParameter", arn("ssm", "parameter/tap"), VPC),
    Ask("ssm:GetParameterHistory", PARAMETER, VPC),
    Ask("ssm:GetParametersByPath", PARAMETER, VPC),
    Ask("ssm:PutParameter", PARAMETER, VPC),
    Ask("secretsmanager:GetSecretValue", SECRET),  # from outside our VPC
    Ask("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:tap/db-2-AbCdEf"), VPC),
    Ask("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:tap/d-AbCdEf"), VPC),
    Ask("secretsmanager:ListSecrets", "*", VPC),
    Ask("secretsmanager:PutSecretValue", SECRET, VPC),
    decrypting("ssm", f"{PARAMETER}-2"),
    decrypting("ssm", PARAMETER, "alias/other"),
    decrypting("secretsmanager", SECRET),  # encrypted with AWS's own key
    Ask("kms:Decrypt", arn("kms", "key/11111111-2222-3333-4444-555555555555")),
    Ask("ec2:CreateTags", arn("ec2", "network-interface/eni-1")),
    Ask("iam:PassRole", "arn:aws:iam::012345678901:role/tap-dev-us-east-1-items"),
    Ask("lambda:InvokeFunction", arn("lambda", "function:tap-dev-items")),
    Ask("s3:GetObject", "arn:aws:s3:::anything"),
]


def test_a_function_may_do_what_its_configuration_says(steps: dict[str, Step]) -> None:
    found = lines(of(steps, "function.items.grants"))
    assert [ask for ask in ALLOWED if not allowed(ask, found)] == []


def test_a_function_may_do_nothing_else(steps: dict[str, Step]) -> None:
    found = lines(of(steps, "function.items.grants"))
    assert [ask for ask in DENIED if allowed(ask, found)] == []


def test_an_endpoint_lets_nothing_else_through(steps: dict[str, Step]) -> None:
    ours = {"aws:principalaccount": ("012345678901",)}
    for keeper, action, kept in (
        ("ssm", "ssm:GetParameter", PARAMETER),
        ("secretsmanager", "secretsmanager:GetSecretValue", SECRET),
    ):
        found = lines([vars(steps[f"network.secrets.{keeper}"])["policy"]])
        assert allowed(Ask(action, kept, ours), found)
        for ask in (
            Ask(action, kept, {"aws:principalaccount": ("999999999999",)}),
            Ask(action, kept.replace("tap/", "other/"), ours),
            Ask(action.replace("Get", "Put"), kept, ours),
        ):
            assert not allowed(ask, found)


ACCEPTED = {
    ("RESOURCE_MISMATCH", "dynamodb:DeleteResourcePolicy"),
    ("RESOURCE_MISMATCH", "dynamodb:GetResourcePolicy"),
    ("RESOURCE_MISMATCH", "ec2:Create"),
    ("RESOURCE_MISMATCH", "kms:CreateAlias"),
    ("RESOURCE_MISMATCH", "kms:UpdateAlias"),
    ("RESOURCE_STAR", "cloudwatch:"),
    ("UNKNOWN_ACTION", "logs:PutLogGroupDeletionProtection"),
    ("UNKNOWN_CONDITION_FOR_ACTION", "kms:ResourceAliases for action kms:Decrypt"),
    ("UNKNOWN_CONDITION_FOR_ACTION", "kms:KeyOrigin for action kms:TagResource"),
    ("UNKNOWN_CONDITION_FOR_ACTION", "kms:KeySpec for action kms:TagResource"),
    ("UNKNOWN_CONDITION_FOR_ACTION", "kms:MultiRegion for action kms:TagResource"),
    ("UNKNOWN_CONDITION_FOR_ACTION", "kms:ResourceAliases for action kms:TagResource"),
    ("UNKNOWN_CONDITION_FOR_ACTION", "lambda:SourceFunctionArn for action ec2:"),
}
"""Accepted issues with their subject; docs/security.md says why each does not apply."""


def parliament() -> Any:
    with warnings.catch_warnings():  # it leaves the files it reads open
        warnings.simplefilter("ignore")
        return importlib.import_module("parliament")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_parliament_finds_nothing_that_is_not_explained(steps: dict[str, Step]) -> None:
    written: dict[str, Document] = {
        policy.name: policy.document for policy in policies("deployer", full_asks())
    }
    for node, step in steps.items():
        for name, document in vars(step).get("policies", {}).items():
            written[f"{node} {name}"] = document
    linter = parliament()
    found = {}
    for name, document in written.items():
        told = linter.analyze_policy_string(json.dumps(document)).findings
        left = [f"{f.issue}: {f.detail}" for f in told if not accepted(f)]
        if left:
            found[name] = left
    assert found == {}
    assert HERE.account in json.dumps(written)


def accepted(finding: Any) -> bool:
    return any(finding.issue == issue and about in str(finding.detail) for issue, about in ACCEPTED)
