"""Builds the policies to use the customer's key, each through the services that need it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from provision.aws.access import Location
from provision.model.step import Document
from provision.steps.iam_policy import canonical

_KEY_FOR_READING = ("kms:Decrypt", "kms:DescribeKey")
_KEY_FOR_WRITING = (
    *_KEY_FOR_READING,
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def queue_encryption(where: Location, key: str) -> Document:
    """Return the policy to send to queues that the customer's key (ARN) encrypts."""
    return canonical({"Version": "2012-10-17", "Statement": [_queues_with(where, key)]})


def _queues_with(where: Location, key: str) -> Document:
    return _through(where, "sqs", key, ("kms:Decrypt", "kms:GenerateDataKey"))


def _through(where: Location, service: str, key: str, actions: Sequence[str]) -> Document:
    via = f"{service}.{where.region}.{where.dns_suffix}"
    condition = {"StringEquals": {"kms:ViaService": via}}
    return {"Effect": "Allow", "Action": list(actions), "Resource": [key], "Condition": condition}


def encryption(where: Location, key: str, tables: Sequence[Literal["read", "write"]]) -> Document:
    """Return the policy to use the customer's key (ARN) through certain services only.

    They are Lambda for the environment, and those that keep the dead letters and tables.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    """
    statements = [_through(where, "lambda", key, ("kms:Decrypt",)), _queues_with(where, key)]
    if "write" in tables:
        statements.append(_through(where, "dynamodb", key, _KEY_FOR_WRITING))
    elif tables:
        statements.append(_through(where, "dynamodb", key, _KEY_FOR_READING))
    return canonical({"Version": "2012-10-17", "Statement": statements})
