"""Requests to DynamoDB: every parameter, the length of a list, and the time limit."""

from __future__ import annotations

import copy
import importlib
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from tests.function.conftest import ENVIRONMENT, Function

NOW = 1_800_000_000
EXPIRES = 1_802_592_000
"""Thirty days later."""
EMPTY: dict[str, Any] = {"M": {}}


@pytest.fixture
def sent(function: Function) -> list[tuple[str, dict[str, Any]]]:
    """Return operation and parameters of each request to the table, in order."""
    requests: list[tuple[str, dict[str, Any]]] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        requests.append((model.name, copy.deepcopy(params)))

    events = function.app.store._client.meta.events
    events.register("before-parameter-build.dynamodb.*", note)
    return requests


def expired(function: Function, count: int) -> list[str]:
    """Return the ids of as many expired items, in the order of a Scan."""
    for number in range(count):
        function.call("POST", body={"id": f"old{number:02}", "name": "n"})
    function.now = EXPIRES
    return [item["id"] for item in function.table.scan()["Items"]]


def test_a_read_sees_every_write_before_it(function: Function, sent: list[Any]) -> None:
    function.call("GET", "a")
    assert sent == [
        (
            "GetItem",
            {"TableName": "shop-test-items", "Key": {"id": {"S": "a"}}, "ConsistentRead": True},
        )
    ]


@pytest.mark.parametrize(
    ("query", "limit"), [(None, 25), ({"limit": "1"}, 1), ({"limit": "100"}, 100)]
)
def test_a_list_takes_as_many_as_are_asked_for_at_half_the_capacity(
    function: Function, sent: list[Any], query: dict[str, str] | None, limit: int
) -> None:
    """Consistent reads of a list cost twice, and the list is out of date when it arrives."""
    function.call("GET", query=query)
    assert sent == [("Scan", {"TableName": "shop-test-items", "Limit": limit})]


def test_a_list_goes_on_after_what_its_cursor_says(function: Function, sent: list[Any]) -> None:
    for name in ("a", "b", "c"):
        function.call("POST", body={"id": name, "name": name})
    first = function.call("GET", query={"limit": "2"}).document
    sent.clear()
    function.call("GET", query={"limit": "2", "cursor": first["cursor"]})
    start = {"id": {"S": first["items"][-1]["id"]}}
    assert sent == [
        ("Scan", {"TableName": "shop-test-items", "Limit": 2, "ExclusiveStartKey": start})
    ]


def test_a_list_that_met_expired_items_asks_for_what_it_still_lacks(
    function: Function, sent: list[Any]
) -> None:
    order = expired(function, 6)
    function.table.update_item(
        Key={"id": order[1]},
        UpdateExpression="SET gone_after = :later",
        ExpressionAttributeValues={":later": EXPIRES + 1},
    )
    sent.clear()
    answer = function.call("GET", query={"limit": "4"}).document
    assert [item["id"] for item in answer["items"]] == [order[1]]
    assert answer["cursor"] is None
    start = {"id": {"S": order[3]}}
    assert sent == [
        ("Scan", {"TableName": "shop-test-items", "Limit": 4}),
        ("Scan", {"TableName": "shop-test-items", "Limit": 3, "ExclusiveStartKey": start}),
    ]


@pytest.mark.parametrize(("each", "scans"), [(0.6, 3), (1.4, 2), (1.6, 1), (9.0, 1)])
def test_a_list_ends_a_page_after_a_second_and_a_half(
    function: Function,
    sent: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    each: float,
    scans: int,
) -> None:
    """The next Scan may take seven seconds more, and the function has ten."""
    order = expired(function, 12)
    sent.clear()

    def passed() -> float:
        return 5_000.0 + each * len(sent)

    clock = SimpleNamespace(monotonic=passed, time=lambda: float(NOW))
    monkeypatch.setattr(importlib.import_module("store"), "time", clock)
    first = function.call("GET", query={"limit": "1"}).document
    assert first["items"] == []
    assert [operation for operation, _ in sent] == ["Scan"] * scans
    sent.clear()
    function.call("GET", query={"limit": "1", "cursor": first["cursor"]})
    assert sent[0][1]["ExclusiveStartKey"] == {"id": {"S": order[scans - 1]}}, "some are left out"
    assert len(sent) == scans, "each request has its own time"


def test_an_item_is_made_only_where_none_is(function: Function, sent: list[Any]) -> None:
    function.call("POST", body={"id": "a", "name": "n"})
    function.call("POST", body={"id": "b", "name": "n"})
    assert [params["Item"]["written_by"] for _, params in sent] == [
        {"S": "lambda-request-1"},
        {"S": "lambda-request-2"},
    ]
    assert sent[0] == (
        "PutItem",
        {
            "TableName": "shop-test-items",
            "Item": {
                "id": {"S": "a"},
                "name": {"S": "n"},
                "attributes": EMPTY,
                "version": {"N": "1"},
                "created_at": {"N": str(NOW)},
                "updated_at": {"N": str(NOW)},
                "written_by": {"S": "lambda-request-1"},
                "gone_after": {"N": str(EXPIRES)},
            },
            "ConditionExpression": "attribute_not_exists(#id) OR #expires <= :now",
            "ExpressionAttributeNames": {"#id": "id", "#expires": "gone_after"},
            "ExpressionAttributeValues": {":now": {"N": str(NOW)}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
    )


def test_an_item_is_changed_only_where_it_is_and_at_its_version(
    function: Function, sent: list[Any]
) -> None:
    function.call("PUT", "a", body={"name": "n", "version": 3})
    assert sent == [
        (
            "UpdateItem",
            {
                "TableName": "shop-test-items",
                "Key": {"id": {"S": "a"}},
                "UpdateExpression": (
                    "SET #new0 = :new0, #new1 = :new1, #new2 = :new2, #new3 = :new3, "
                    "#new4 = :new4 ADD #version :one"
                ),
                "ConditionExpression": (
                    "attribute_exists(#id) AND #expires > :now AND #version = :expected"
                ),
                "ExpressionAttributeNames": {
                    "#id": "id",
                    "#expires": "gone_after",
                    "#version": "version",
                    "#new0": "name",
                    "#new1": "attributes",
                    "#new2": "updated_at",
                    "#new3": "written_by",
                    "#new4": "gone_after",
                },
                "ExpressionAttributeValues": {
                    ":now": {"N": str(NOW)},
                    ":expected": {"N": "3"},
                    ":one": {"N": "1"},
                    ":new0": {"S": "n"},
                    ":new1": EMPTY,
                    ":new2": {"N": str(NOW)},
                    ":new3": {"S": "lambda-request-1"},
                    ":new4": {"N": str(EXPIRES)},
                },
                "ReturnValues": "ALL_NEW",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            },
        )
    ]


def test_an_item_is_deleted_only_where_it_is_and_at_its_version(
    function: Function, sent: list[Any]
) -> None:
    function.call("DELETE", "a", headers={"If-Match": '"3"'})
    assert sent == [
        (
            "DeleteItem",
            {
                "TableName": "shop-test-items",
                "Key": {"id": {"S": "a"}},
                "ConditionExpression": (
                    "attribute_exists(#id) AND #expires > :now AND #version = :expected"
                ),
                "ExpressionAttributeNames": {
                    "#id": "id",
                    "#expires": "gone_after",
                    "#version": "version",
                },
                "ExpressionAttributeValues": {
                    ":now": {"N": str(NOW)},
                    ":expected": {"N": "3"},
                },
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            },
        )
    ]


@pytest.mark.parametrize(
    "settings", [{**ENVIRONMENT, "EXPIRE_ATTRIBUTE_ITEMS": "", "EXPIRE_DAYS_ITEMS": ""}]
)
def test_without_expiry_no_request_tells_of_it(function: Function, sent: list[Any]) -> None:
    """DynamoDB refuses a name or a value that no expression uses, and an empty map of them."""
    function.call("POST", body={"id": "a", "name": "n"})
    function.call("PUT", "a", body={"name": "n"})
    function.call("DELETE", "a")
    (_, put), (_, update), (_, delete) = sent
    assert put["ConditionExpression"] == "attribute_not_exists(#id)"
    assert put["ExpressionAttributeNames"] == {"#id": "id"}
    assert "ExpressionAttributeValues" not in put
    assert update["ConditionExpression"] == "attribute_exists(#id)"
    assert not {":now", ":expected"} & set(update["ExpressionAttributeValues"])
    assert delete == {
        "TableName": "shop-test-items",
        "Key": {"id": {"S": "a"}},
        "ConditionExpression": "attribute_exists(#id)",
        "ExpressionAttributeNames": {"#id": "id"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


@pytest.mark.parametrize(
    "settings", [{**ENVIRONMENT, "CURSOR_KEY": keeper} for keeper in ("ssm:a", "secretsmanager:a")]
)
def test_no_request_outlasts_the_function(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda ends the function after ten seconds; botocore's defaults would wait for minutes."""
    configs = [function.app.store._client.meta.config]
    make = boto3.session.Session.client

    def watched(session: boto3.session.Session, *words: Any, **more: Any) -> Any:
        client = make(session, *words, **more)
        configs.append(client.meta.config)
        return client

    monkeypatch.setattr(boto3.session.Session, "client", watched)
    function.call("POST", body={"id": "a", "name": "n"})
    function.call("POST", body={"id": "b", "name": "n"})
    assert function.call("GET", query={"limit": "1"}).status == 500  # there is no such secret
    assert len(configs) == 2
    for config in configs:
        assert (config.connect_timeout, config.read_timeout) == (1, 2)
        assert config.retries == {"mode": "standard", "total_max_attempts": 2}
