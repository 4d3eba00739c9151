"""The index of tags is read to its end, and counts only resources that exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from provision.aws.client import Aws
from provision.steps.dynamodb.owners import other_tables
from tests.support.harness import new_aws

pytestmark = pytest.mark.usefixtures("one_item_a_page")

OWNER = "tap/dev/us-east-1/123456789012/table.items"


class Pages:
    """AWS's tagging API, whose pages hold these ARNs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pages: Sequence[Sequence[str]]) -> None:
        self.pages = pages
        client = Aws._client

        def wrapped(aws: Aws, service: str) -> Any:
            return self if service == "resourcegroupstaggingapi" else client(aws, service)

        monkeypatch.setattr(Aws, "_client", wrapped)

    def get_resources(self, **asked: Any) -> Mapping[str, Any]:
        assert asked["TagFilters"][0]["Values"] == [OWNER]
        at = int(asked["PaginationToken"] or 0)
        listed = [{"ResourceARN": arn, "Tags": []} for arn in self.pages[at]]
        token = str(at + 1) if at + 1 < len(self.pages) else ""
        return {"PaginationToken": token, "ResourceTagMappingList": listed}


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:us-east-1:123456789012:{resource}"


def make(name: str) -> None:
    new_aws().dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.mark.usefixtures("workshop")
def test_an_empty_page_is_not_the_end_and_what_is_gone_is_no_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("items", "other", "strangers"):
        make(name)
    own, other, gone = (arn("dynamodb", f"table/{name}") for name in ("items", "other", "gone"))
    Pages(monkeypatch, [[], [arn("sqs", "strangers"), own, gone], [other]])
    assert other_tables(new_aws(), [OWNER], "items") == ("other",)


@pytest.mark.usefixtures("workshop")
def test_where_only_the_one_is_known_nothing_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names of existing tables are not read if there is no other ARN to check."""
    Pages(monkeypatch, [[arn("dynamodb", "table/items")]])
    aws = new_aws()
    monkeypatch.setattr(aws.dynamodb, "get_paginator", None)
    assert other_tables(aws, [OWNER], "items") == ()
