"""The policies of roles and endpoints, word for word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provision.aws.access import Location
from provision.config import Secret
from provision.model.step import Document
from provision.stack.endpoint_policies import passing
from provision.stack.grants import (
    GrantedTable,
    dead_letters,
    endpoint_secrets,
    endpoint_tables,
    flow_logging,
    leaving_network,
    logging,
    network,
    secrets,
    table_access,
    tracing,
)
from provision.stack.key_grants import encryption
from provision.steps.iam_policy import canonical

WHERE = Location("123456789012", "us-east-1", "aws-cn", "amazonaws.com.cn")
AT = "arn:aws-cn:dynamodb:us-east-1:123456789012:table"
TABLES = (
    GrantedTable(f"{AT}/a", "read", sort_key=False),
    GrantedTable(f"{AT}/b", "write", sort_key=False),
    GrantedTable(f"{AT}/c", "read", sort_key=True),
    GrantedTable(f"{AT}/d", "write", sort_key=True),
    GrantedTable(f"{AT}/e", "write", sort_key=True),
)
READABLE = (f"{AT}/a", f"{AT}/c", f"{AT}/c/index/*")
WRITABLE = (f"{AT}/b", f"{AT}/d", f"{AT}/d/index/*", f"{AT}/e", f"{AT}/e/index/*")
READ = tuple(
    f"dynamodb:{action}" for action in ("BatchGetItem", "DescribeTable", "GetItem", "Query", "Scan")
)
WRITE = tuple(
    f"dynamodb:{action}"
    for action in (
        "BatchWriteItem",
        "ConditionCheckItem",
        "DeleteItem",
        "PutItem",
        "UpdateItem",
    )
)
KEPT = (
    Secret(secret="secretsmanager:tap/password"),
    Secret(secret="secretsmanager:tap/token", key="alias/theirs"),
    Secret(secret="ssm:/tap/pin", key="alias/other"),
)
MANAGED = tuple(
    f"arn:aws-cn:secretsmanager:us-east-1:123456789012:secret:tap/{name}-??????"
    for name in ("password", "token")
)
PARAMETER = "arn:aws-cn:ssm:us-east-1:123456789012:parameter/tap/pin"
KEY = "arn:aws-cn:kms:us-east-1:123456789012:key"


def allowed(actions: Sequence[str], resources: Sequence[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources), **more}


def policy(*statements: Mapping[str, Any]) -> Document:
    return canonical({"Version": "2012-10-17", "Statement": list(statements)})


def test_a_function_uses_exactly_its_tables_and_only_from_inside() -> None:
    inside = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    assert table_access(TABLES, "vpc-1") == policy(
        allowed(READ, READABLE, Condition=inside),
        allowed((*READ, *WRITE), WRITABLE, Condition=inside),
    )


def test_the_endpoint_lets_this_accounts_principals_to_exactly_these_tables() -> None:
    ours = {
        "Principal": "*",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": "123456789012"}},
    }
    assert passing(WHERE, endpoint_tables(TABLES[:2])) == policy(
        allowed(READ, (f"{AT}/a",), Sid="OwnTables1", **ours),
        allowed((*READ, *WRITE), (f"{AT}/b",), Sid="OwnTables2", **ours),
    )
    assert passing(WHERE, endpoint_tables(())) == policy(
        {
            "Sid": "NothingPasses",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["*"],
            "Resource": ["*"],
        }
    )


def test_logs_traces_and_dead_letters_have_one_place_each() -> None:
    writing = ("logs:CreateLogStream", "logs:PutLogEvents")
    assert logging("arn:group") == policy(allowed(writing, ("arn:group:*",)))
    assert flow_logging("arn:group") == policy(
        allowed((*writing, "logs:DescribeLogStreams"), ("arn:group:*",)),
        allowed(("logs:DescribeLogGroups",), ("*",)),
    )
    sending = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
    assert tracing() == policy(allowed(sending, ("*",)))
    assert dead_letters("arn:queue") == policy(allowed(("sqs:SendMessage",), ("arn:queue",)))


def through(service: str, *actions: str) -> dict[str, Any]:
    via = f"{service}.us-east-1.amazonaws.com.cn"
    condition = {"StringEquals": {"kms:ViaService": via}}
    return allowed([f"kms:{action}" for action in actions], ("arn:key",), Condition=condition)


def test_the_customers_key_is_used_through_the_services_that_need_it() -> None:
    always = (through("lambda", "Decrypt"), through("sqs", "Decrypt", "GenerateDataKey"))
    reading = through("dynamodb", "Decrypt", "DescribeKey")
    making = ("GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo")
    writing = through("dynamodb", "Decrypt", "DescribeKey", "Encrypt", *making)
    assert encryption(WHERE, "arn:key", ()) == policy(*always)
    assert encryption(WHERE, "arn:key", ("read",)) == policy(*always, reading)
    assert encryption(WHERE, "arn:key", ("read", "write")) == policy(*always, writing)


def decrypting(service: str, alias: str, context: str, secret: str) -> dict[str, Any]:
    condition = {
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": alias},
        "StringEquals": {"kms:ViaService": f"{service}.us-east-1.amazonaws.com.cn"},
        "StringLike": {f"kms:EncryptionContext:{context}": secret},
    }
    return allowed(("kms:Decrypt",), (f"{KEY}/*",), Condition=condition)


def test_secrets_are_read_one_by_one_and_decrypted_with_their_own_keys() -> None:
    inside = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    assert secrets(WHERE, KEPT, "vpc-1") == policy(
        allowed(("secretsmanager:GetSecretValue",), MANAGED, Condition=inside),
        allowed(("ssm:GetParameter",), (PARAMETER,), Condition=inside),
        decrypting("secretsmanager", "alias/theirs", "SecretARN", MANAGED[1]),
        decrypting("ssm", "alias/other", "PARAMETER_ARN", PARAMETER),
    )
    ours = {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}
    mine = {"Sid": "OwnSecrets", "Principal": "*", "Condition": ours}
    assert passing(WHERE, endpoint_secrets(WHERE, KEPT[:2])) == policy(
        allowed(("secretsmanager:GetSecretValue",), MANAGED, **mine)
    )


def test_lambda_makes_interfaces_and_the_code_does_not() -> None:
    interfaces = WHERE.arn("ec2", "network-interface/*")
    changing = [
        *("ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
        "ec2:DeleteNetworkInterface",
    ]
    describing = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
    creating = "ec2:CreateNetworkInterface"
    assert network(WHERE, "arn:function", ("arn:one", "arn:two"), "arn:group") == policy(
        allowed((creating,), (interfaces, "arn:group", "arn:one", "arn:two")),
        allowed(changing, (interfaces,)),
        allowed(describing, ("*",)),
        {
            **allowed((creating, *changing, *describing), ("*",)),
            "Sid": "NotTheCode",
            "Effect": "Deny",
            "Condition": {"ArnEquals": {"lambda:SourceFunctionArn": "arn:function"}},
        },
    )


def test_an_open_function_may_be_taken_out_of_the_network_and_not_into_it() -> None:
    releasing = ["ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"]
    describing = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
    making = ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface"]
    assert leaving_network(WHERE, "arn:function") == policy(
        allowed(releasing, (WHERE.arn("ec2", "network-interface/*"),)),
        allowed(describing, ("*",)),
        {
            **allowed((*making, *releasing, *describing), ("*",)),
            "Sid": "NotTheCode",
            "Effect": "Deny",
            "Condition": {"ArnEquals": {"lambda:SourceFunctionArn": "arn:function"}},
        },
    )


def test_outside_the_network_tables_and_secrets_have_no_condition() -> None:
    (reading,) = table_access([TABLES[0]], None)["Statement"]
    assert "Condition" not in reading
    fetching = [
        each
        for each in secrets(WHERE, KEPT, None)["Statement"]
        if each["Action"] != ["kms:Decrypt"]
    ]
    assert len(fetching) == 2
    assert not any("Condition" in each for each in fetching)
