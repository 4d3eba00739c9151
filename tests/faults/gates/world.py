"""The protected resources, created by plain calls: an account with only one of them is quick."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import yaml

from tests.integration.test_cli import CONFIG
from tests.support.sample_stack import MARK

OWNER = "provision:owner"
STRANGER = "their/dev/us-east-1/123456789012"
TABLE = "tap-dev-items"
LOGS = "/aws/lambda/tap-dev-items"


def configure(home: Path, **changes: object) -> None:
    (home / "config.yaml").write_text(yaml.safe_dump({**CONFIG, **changes}, sort_keys=False))


def mark(node: str, owner: str = MARK) -> list[Any]:
    return [{"Key": OWNER, "Value": f"{owner}/{node}"}]


def make_table(name: str = TABLE, node: str = "table.items", owner: str = MARK) -> None:
    boto3.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=mark(node, owner),
    )


def make_key() -> str:
    """Create the stack's own key, found by its alias, and return its id."""
    kms = boto3.client("kms")
    tags: Any = [{"TagKey": OWNER, "TagValue": f"{MARK}/encryption.key"}]
    made = kms.create_key(Tags=tags)["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/tap-dev", TargetKeyId=made)
    return made


def state_of(key: str) -> str:
    return boto3.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"]


def make_api_key(node: str = "api.key.default", owner: str = MARK) -> str:
    made = boto3.client("apigateway").create_api_key(
        name="tap-dev-default", enabled=True, tags={OWNER: f"{owner}/{node}"}
    )
    return made["id"]


def tables() -> list[str]:
    return sorted(boto3.client("dynamodb").list_tables()["TableNames"])


def keyed_by() -> str:
    table = boto3.client("dynamodb").describe_table(TableName=TABLE)["Table"]
    return table["KeySchema"][0]["AttributeName"]


def log_groups() -> list[str]:
    return [one["logGroupName"] for one in boto3.client("logs").describe_log_groups()["logGroups"]]
