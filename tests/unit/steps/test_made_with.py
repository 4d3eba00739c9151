"""A foreign resource of our name is read for settings that AWS never changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provision.steps.dynamodb.table import Table
from provision.steps.kms.key import KmsKey
from provision.steps.lambda_.function import Function
from provision.steps.logs.log_group import LogGroup
from provision.steps.made_with import function_made_with, log_group_made_with
from tests.support.harness import new_aws

pytestmark = pytest.mark.usefixtures("account")
INDEX: dict[str, Any] = {
    "IndexName": "by-age",
    "KeySchema": [
        {"AttributeName": "id", "KeyType": "HASH"},
        {"AttributeName": "age", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "ALL"},
}


def test_local_indexes_and_types_of_keys() -> None:
    dynamodb: Any = new_aws().dynamodb
    dynamodb.create_table(
        TableName="tap",
        KeySchema=[
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "at", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in (("id", "S"), ("at", "B"), ("age", "N"))
        ],
        LocalSecondaryIndexes=[INDEX],
        BillingMode="PAY_PER_REQUEST",
    )
    found = Table(name="tap", key="id", tags={}).observe(new_aws())
    assert found is not None
    assert found.made_with == ("local index by-age",)
    assert (found.key, found.key_type, found.sort_key, found.sort_type) == ("id", "S", "at", "B")


def test_a_class_of_log_groups_with_fewer_features() -> None:
    """moto does not keep the class that a group is created with."""
    assert log_group_made_with({"logGroupClass": "INFREQUENT_ACCESS"}) == (
        "class INFREQUENT_ACCESS",
    )
    assert log_group_made_with({"logGroupClass": "STANDARD"}) == log_group_made_with({}) == ()
    assert "made_with" in LogGroup.__dataclass_fields__


def test_a_function_made_of_an_image() -> None:
    assert function_made_with({"PackageType": "Image"}) == ("package type Image",)
    assert function_made_with({"PackageType": "Zip"}) == function_made_with({}) == ()
    assert "made_with" in Function.__dataclass_fields__


def test_a_key_that_signs() -> None:
    aws = new_aws()
    key = aws.kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    aws.kms.create_alias(AliasName="alias/tap", TargetKeyId=key)
    policy = json.loads(aws.kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    found = KmsKey(alias="alias/tap", description="", policy=policy, tags={}).observe(aws)
    assert found is not None
    assert found.made_with == ("key spec RSA_2048", "usage SIGN_VERIFY")


def test_a_key_of_somebodys_own_material() -> None:
    """KMS does not show whether such a key rotates (K2)."""
    aws = new_aws()
    key = aws.kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    aws.kms.create_alias(AliasName="alias/tap", TargetKeyId=key)
    with pytest.raises(aws.kms.exceptions.UnsupportedOperationException):
        aws.kms.get_key_rotation_status(KeyId=key)
    found = KmsKey(alias="alias/tap", description="", policy={}, tags={}).observe(aws)
    assert found is not None
    assert (found.made_with, found.rotation) == (("origin EXTERNAL",), False)
