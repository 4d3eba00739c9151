"""Lambda's laws: a naive client falls over each, ours does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.aws import Aws
from tests.laws.conftest import Session, naive, ours
from tests.laws.rules.lambda_ import RoleSpreads

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def role(aws: Aws) -> str:
    arn: str = aws.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    return arn


def function(role: str) -> dict[str, Any]:
    return {
        "FunctionName": "f",
        "Role": role,
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "Code": {"ZipFile": b"x"},
    }


def test_l1_a_fresh_role_cannot_be_assumed_at_once(court: Session) -> None:
    held = court(RoleSpreads())
    aws = ours(held)
    arn = role(aws)
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        naive(held, "lambda").create_function(**function(arn))
    aws.lambda_.create_function(**function(arn))
    assert aws.calls.retried > 0
