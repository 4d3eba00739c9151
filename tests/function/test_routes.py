"""Every route of the items API, and its effect on the table."""

from __future__ import annotations

import base64
import json
from decimal import Decimal

import pytest

from tests.function.conftest import Function, request

MONTH = 30 * 24 * 60 * 60


def test_create_answers_the_item_and_where_it_is(function: Function):
    answer = function.call("POST", body={"name": "lamp", "attributes": {"watt": 7}})
    assert answer.status == 201
    item = answer.document
    assert item == {
        "id": item["id"],
        "name": "lamp",
        "attributes": {"watt": 7},
        "version": 1,
        "created_at": int(function.now),
        "updated_at": int(function.now),
        "expires_at": int(function.now) + MONTH,
    }
    assert answer.headers["Location"] == f"/base/items/{item['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Content-Type"] == "application/json"


def test_an_item_expires_after_30_days_in_the_configured_attribute(function: Function):
    function.call("POST", body={"id": "lamp", "name": "lamp"})
    stored = function.table.get_item(Key={"id": "lamp"})["Item"]
    assert stored["gone_after"] == int(function.now) + MONTH


def test_without_expiry_items_stay(function: Function):
    function.app.store._expiry = None
    assert function.call("POST", body={"id": "a", "name": "a"}).document["expires_at"] is None
    function.now += 100 * MONTH
    assert function.call("GET", "a").status == 200
    assert function.call("PUT", "a", body={"name": "b"}).document["version"] == 2
    assert function.call("POST", body={"id": "a", "name": "a"}).status == 409
    assert function.call("DELETE", "a").status == 204


def test_read(function: Function):
    made = function.call("POST", body={"id": "lamp.1", "name": "lamp"})
    answer = function.call("GET", "lamp.1")
    assert answer.status == 200
    assert answer.document == made.document
    assert answer.headers["ETag"] == '"1"'


def test_numbers_come_back_as_they_were_sent(function: Function):
    numbers = {
        "price": 19.99,
        "tenth": 0.1,
        "whole": 10**37,
        "negative": -3,
        "zero": 0.0,
        "small": 5e-100,
        "nested": [{"deep": [1, 2.5, True, False, None, "", "ä€😀"]}],
    }
    function.call("POST", body={"id": "n", "name": "n", "attributes": numbers})
    assert function.call("GET", "n").document["attributes"] == numbers
    stored = function.table.get_item(Key={"id": "n"})["Item"]["attributes"]
    assert stored["price"] == Decimal("19.99")
    assert type(function.call("GET", "n").document["attributes"]["whole"]) is int


def test_update_replaces_raises_the_version_and_renews_the_expiry(function: Function):
    function.call("POST", body={"id": "a", "name": "old", "attributes": {"x": 1}})
    function.now += 1000
    answer = function.call("PUT", "a", body={"id": "a", "name": "new"})
    assert answer.status == 200
    item = answer.document
    assert (item["name"], item["attributes"], item["version"]) == ("new", {}, 2)
    assert (item["created_at"], item["updated_at"]) == (1_800_000_000, 1_800_001_000)
    assert item["expires_at"] == 1_800_001_000 + MONTH
    assert answer.headers["ETag"] == '"2"'
    assert function.call("GET", "a").document == item


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"name": "b", "version": 1}, {}),
        ({"name": "b"}, {"If-Match": '"1"'}),
        ({"name": "b"}, {"if-match": "1"}),
        ({"name": "b", "version": 1}, {"If-Match": '"1"'}),
        ({"name": "b"}, {"If-Match": "*"}),
    ],
)
def test_update_of_the_expected_version(function: Function, body, headers):
    function.call("POST", body={"id": "a", "name": "a"})
    assert function.call("PUT", "a", body=body, headers=headers).document["version"] == 2


@pytest.mark.parametrize(
    ("body", "headers"), [({"name": "b", "version": 1}, {}), ({"name": "b"}, {"If-Match": '"1"'})]
)
def test_update_of_an_older_version_is_a_conflict(function: Function, body, headers):
    function.call("POST", body={"id": "a", "name": "a"})
    function.call("PUT", "a", body={"name": "theirs"})
    answer = function.call("PUT", "a", body=body, headers=headers)
    assert answer.status == 409
    assert "version 2" in answer.error["message"]
    assert function.call("GET", "a").document["name"] == "theirs"


def test_delete(function: Function):
    function.call("POST", body={"id": "a", "name": "a"})
    answer = function.call("DELETE", "a")
    assert (answer.status, answer.text) == (204, "")
    assert function.call("GET", "a").status == 404
    assert function.call("DELETE", "a").status == 404


def test_delete_of_an_older_version_is_a_conflict(function: Function):
    function.call("POST", body={"id": "a", "name": "a"})
    function.call("PUT", "a", body={"name": "theirs"})
    assert function.call("DELETE", "a", headers={"If-Match": '"1"'}).status == 409
    assert function.call("DELETE", "a", headers={"If-Match": '"2"'}).status == 204


def test_create_of_a_taken_id_is_a_conflict(function: Function):
    function.call("POST", body={"id": "a", "name": "first"})
    answer = function.call("POST", body={"id": "a", "name": "second"})
    assert (answer.status, answer.error["code"]) == (409, "conflict")
    assert function.call("GET", "a").document["name"] == "first"


def test_list_to_the_end_gives_every_item_once(function: Function):
    made = {f"item-{number}" for number in range(23)}
    for item_id in made:
        function.call("POST", body={"id": item_id, "name": item_id})
    seen, query = [], {"limit": "5"}
    for _ in range(6):
        answer = function.call("GET", query=query)
        assert answer.status == 200
        assert len(answer.document["items"]) <= 5
        seen += [item["id"] for item in answer.document["items"]]
        if (cursor := answer.document["cursor"]) is None:
            break
        assert "item-" not in cursor
        query = {"limit": "5", "cursor": cursor}
    assert cursor is None
    assert sorted(seen) == sorted(made)


def test_list_of_nothing(function: Function):
    assert function.call("GET").document == {"items": [], "cursor": None}


def test_list_fills_a_page_past_expired_items(function: Function):
    for number in range(12):
        function.now = 1_800_000_000 + (0 if number % 3 else MONTH)
        function.call("POST", body={"id": f"i{number}", "name": "x"})
    function.now = 1_800_000_000 + MONTH  # the moment two thirds expire
    page = function.call("GET", query={"limit": "4"}).document
    assert sorted(item["id"] for item in page["items"]) == ["i0", "i3", "i6", "i9"]


def test_what_has_expired_is_gone_although_dynamodb_still_has_it(function: Function):
    function.call("POST", body={"id": "a", "name": "old"})
    function.now += MONTH - 1
    assert function.call("GET", "a").status == 200
    function.now += 1
    assert "Item" in function.table.get_item(Key={"id": "a"})
    assert function.call("GET", "a").status == 404
    assert function.call("GET").document["items"] == []
    assert function.call("PUT", "a", body={"name": "b"}).status == 404
    assert function.call("DELETE", "a").status == 404
    answer = function.call("POST", body={"id": "a", "name": "new"})
    assert (answer.status, answer.document["version"]) == (201, 1)


def test_a_body_may_come_in_base64(function: Function):
    event = request("POST", body=base64.b64encode(json.dumps({"name": "ä"}).encode()).decode())
    event["isBase64Encoded"] = True
    answer = function.invoke(event)
    assert answer["statusCode"] == 201
    assert json.loads(answer["body"])["name"] == "ä"
