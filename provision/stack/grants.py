"""Builds the policies of roles and endpoints: one for each concern, as narrow as AWS allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, get_args

from provision.aws.access import Location
from provision.config import PolicyStatement, Secret
from provision.config.schema.policies import filled_in
from provision.model.step import Document
from provision.steps.iam_policy import canonical

_Grant = Literal["read", "write"]

_READ: Final = (
    "dynamodb:BatchGetItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
)
_ACTIONS: Final[Mapping[_Grant, Sequence[str]]] = {
    "read": _READ,
    "write": (
        *_READ,
        "dynamodb:BatchWriteItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
    ),
}
"""The actions of each grant. A transaction is checked as its single reads and writes are, and its
conditions by an action of their own (D33)."""


class GrantedTable(NamedTuple):
    """A table's ARN, a function's access to it, and whether it may have indexes."""

    arn: str
    grant: _Grant
    sort_key: bool


def table_access(tables: Sequence[GrantedTable], vpc_id: str | None) -> Document:
    """Return the policy to read or write exactly these tables, only from inside our VPC.

    None is for a function outside of it. Tables with the same grant share a statement, so that a
    hundred fit into a role.
    """
    statements = [_inside(each, vpc_id) for each in _using(tables)]
    return canonical({"Version": "2012-10-17", "Statement": statements})


def _inside(statement: Document, vpc_id: str | None) -> Document:
    """Return the statement, limited to requests from inside a VPC if there is one."""
    if vpc_id is None:
        return statement
    return {**statement, "Condition": {"StringEquals": {"aws:SourceVpc": vpc_id}}}


def endpoint_tables(tables: Sequence[GrantedTable]) -> list[Document]:
    """Return the statements of an endpoint's policy: exactly this access to the tables."""
    return [
        {**each, "Sid": f"OwnTables{number}"} for number, each in enumerate(_using(tables), start=1)
    ]


def _using(tables: Sequence[GrantedTable]) -> list[Document]:
    """Return a statement for each grant that some of the tables have."""
    return [
        _statement(_ACTIONS[grant], resources)
        for grant in get_args(_Grant)
        if (resources := _reached([each for each in tables if each.grant == grant]))
    ]


def _reached(tables: Sequence[GrantedTable]) -> list[str]:
    """Return the ARNs of the tables, and of the indexes that they may have."""
    indexes = [f"{each.arn}/index/*" for each in tables if each.sort_key]
    return [*(each.arn for each in tables), *indexes]


def logging(group: str) -> Document:
    """Return the policy to write to the function's own log group (ARN).

    It has no CreateLogGroup, so a late invocation cannot create the group again (G4).
    """
    return _allow(("logs:CreateLogStream", "logs:PutLogEvents"), [f"{group}:*"])


def flow_logging(group: str) -> Document:
    """Return the policy to write a VPC's traffic to one log group (ARN).

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    """
    writing = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
    return canonical(
        {
            "Version": "2012-10-17",
            "Statement": [
                _statement(writing, [f"{group}:*"]),
                # DescribeLogGroups accepts no narrower resource.
                _statement(("logs:DescribeLogGroups",), ["*"]),
            ],
        }
    )


def tracing() -> Document:
    """Return the policy to send traces. X-Ray accepts no resource but `*` for these actions."""
    return _allow(("xray:PutTelemetryRecords", "xray:PutTraceSegments"), ["*"])


def dead_letters(queue: str) -> Document:
    """Return the policy to send to the function's own dead-letter queue (ARN)."""
    return _allow(("sqs:SendMessage",), [queue])


def invoking(alias: str) -> Document:
    """Return the policy to invoke a function by its alias (ARN) alone."""
    return _allow(("lambda:InvokeFunction",), [alias])


def secrets(where: Location, kept: Sequence[Secret], vpc_id: str | None) -> Document:
    """Return the policy to read exactly these secrets, only from inside our VPC.

    None is for a function outside of it. It also allows decrypting with the customer's keys that
    encrypt them, for these secrets only.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    statements = [_inside(statement, vpc_id) for statement in _reading_secrets(where, kept)]
    statements += [_decrypting(where, secret) for secret in kept if secret.key]
    return canonical({"Version": "2012-10-17", "Statement": statements})


def endpoint_secrets(where: Location, kept: Sequence[Secret]) -> list[Document]:
    """Return the statements of an endpoint's policy: reading exactly these secrets of a service."""
    return [{**statement, "Sid": "OwnSecrets"} for statement in _reading_secrets(where, kept)]


_READING: Final = {"secretsmanager": "secretsmanager:GetSecretValue", "ssm": "ssm:GetParameter"}


def _reading_secrets(where: Location, kept: Sequence[Secret]) -> list[Document]:
    """Return a statement for each service that keeps some of the secrets."""
    return [
        _statement((action,), sorted({_secret(where, one) for one in kept if one.store == store}))
        for store, action in _READING.items()
        if any(one.store == store for one in kept)
    ]


def _secret(where: Location, secret: Secret) -> str:
    """Return the ARN. Secrets Manager adds a hyphen and six characters of its own to the name."""
    if secret.store == "secretsmanager":
        return where.arn("secretsmanager", f"secret:{secret.name}-??????")
    return where.arn("ssm", f"parameter/{secret.name.removeprefix('/')}")


def _decrypting(where: Location, secret: Secret) -> Document:
    """Return the statement to decrypt one secret with the customer's key.

    A condition names the key's alias, which has no effect as a resource. Another one names the
    secret, which the service passes to KMS.
    """
    told = "SecretARN" if secret.store == "secretsmanager" else "PARAMETER_ARN"
    return {
        **_statement(("kms:Decrypt",), [where.arn("kms", "key/*")]),
        "Condition": {
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": secret.key},
            "StringEquals": {"kms:ViaService": f"{secret.store}.{where.region}.{where.dns_suffix}"},
            "StringLike": {f"kms:EncryptionContext:{told}": _secret(where, secret)},
        },
    }


def own(policy: Sequence[PolicyStatement], values: Mapping[str, str]) -> Document:
    """Return the policy with the statements of config.yaml, their placeholders filled in."""

    def filled(texts: Sequence[str]) -> list[str]:
        return [filled_in(text, values) for text in texts]

    statements = []
    for each in policy:
        conditions = {
            operator: {key: filled(texts) for key, texts in tests.items()}
            for operator, tests in each.conditions.items()
        }
        condition = {"Condition": conditions} if conditions else {}
        statements.append({**_statement(each.actions, filled(each.resources)), **condition})
    return canonical({"Version": "2012-10-17", "Statement": statements})


def network(where: Location, function: str, subnets: Sequence[str], group: str) -> Document:
    """Return what Lambda needs to put the function (ARN) into the subnets and group (ARNs).

    The function's own code is denied all of it. AWS adds the function's unqualified ARN to every
    request made with the credentials that the code has, but not to those that Lambda itself makes
    for network interfaces.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
    """
    interfaces = where.arn("ec2", "network-interface/*")
    return canonical(
        {
            "Version": "2012-10-17",
            "Statement": [
                # Creating an interface must be allowed on its subnet and group as well (I13).
                _statement(("ec2:CreateNetworkInterface",), [interfaces, group, *subnets]),
                # Lambda may fail to reach the network if deletes are limited to some interfaces.
                _statement(_INTERFACES, [interfaces]),
                # Describing accepts no resource but `*`.
                _statement(_DESCRIBING, ["*"]),
                _not_the_code(function),
            ],
        }
    )


def leaving_network(where: Location, function: str) -> Document:
    """Return what Lambda needs to take the function (ARN) out of the network, and not into it.

    It releases the interfaces with the function's role, long after the function has left (I12).
    """
    interfaces = where.arn("ec2", "network-interface/*")
    return canonical(
        {
            "Version": "2012-10-17",
            "Statement": [
                _statement(_RELEASING, [interfaces]),
                _statement(_DESCRIBING, ["*"]),
                _not_the_code(function),
            ],
        }
    )


def _not_the_code(function: str) -> Document:
    return {
        **_statement(("ec2:CreateNetworkInterface", *_INTERFACES, *_DESCRIBING), ["*"]),
        "Sid": "NotTheCode",
        "Effect": "Deny",
        "Condition": {"ArnEquals": {"lambda:SourceFunctionArn": function}},
    }


_RELEASING: Final = ("ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses")
_INTERFACES: Final = ("ec2:AssignPrivateIpAddresses", *_RELEASING)
_DESCRIBING: Final = ("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets")


def _allow(actions: Sequence[str], resources: Sequence[str]) -> Document:
    return canonical({"Version": "2012-10-17", "Statement": [_statement(actions, resources)]})


def _statement(actions: Sequence[str], resources: Sequence[str]) -> Document:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
