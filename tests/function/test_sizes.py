"""Answers stay below Lambda's limit, and items beyond DynamoDB's limits are refused before it."""

from __future__ import annotations

import importlib
import json
from decimal import Decimal
from typing import Any

import pytest

from tests.function.conftest import Function, request
from tests.function.gateway import INVOCATION
from tests.function.hostile import BULKS

MAX_BODY = 100_000


@pytest.fixture(autouse=True)
def patient(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages end by size, not because moto or this machine is slow."""
    monkeypatch.setattr(importlib.import_module("store"), "_SCAN_SECONDS", 600)


def largest(text: str) -> str:
    """Return attributes with as many repetitions of the text as a body may have."""
    room = MAX_BODY - 100
    each = len(json.dumps(text, ensure_ascii=False)) - 2
    return json.dumps({"t": text * (room // each)}, ensure_ascii=False)


def everything(function: Function, limit: int) -> tuple[list[str], list[int]]:
    """Return the ids of a list read to its end, and the bytes of each page as Lambda writes it."""
    ids: list[str] = []
    sizes: list[int] = []
    query = {"limit": str(limit)}
    while True:
        answer = function.invoke(request("GET", query=query))
        assert answer["statusCode"] == 200
        sizes += [len(json.dumps(answer).encode())]  # as older runtimes write it: all escaped
        page: Any = json.loads(answer["body"])
        assert page["items"] or page["cursor"] is None, "a page that gets no further"
        ids += [item["id"] for item in page["items"]]
        if page["cursor"] is None:
            return ids, sizes
        query = {"limit": str(limit), "cursor": page["cursor"]}


@pytest.mark.parametrize(
    ("text", "items"),
    [("\U0001d11e", 8), ('"', 40), ("\\", 40), ("ä", 15), ("\x01", 75), ("a", 80)],
)
def test_a_page_of_the_largest_items_has_room_and_the_list_gets_to_its_end(
    function: Function, text: str, items: int
) -> None:
    made = [f"i{number:02}" for number in range(items)]
    for item_id in made:
        body = f'{{"id":"{item_id}","name":"n","attributes":{largest(text)}}}'
        assert MAX_BODY - 200 < len(body) <= MAX_BODY
        assert function.call("POST", body=body).status == 201
    ids, sizes = everything(function, 100)
    assert sorted(ids) == made
    assert sum(sizes) > 7_000_000
    assert max(sizes) < 6_000_000 < INVOCATION
    assert len(sizes) <= sum(sizes) // 2_500_000 + 1, "pages are as full as they may be"


@pytest.mark.parametrize("attributes", BULKS)
def test_an_item_is_counted_as_large_as_it_is_written(function: Function, attributes: str) -> None:
    answers = importlib.import_module("answers")
    store = importlib.import_module("store")
    found = json.loads(attributes, parse_float=Decimal)
    item = importlib.import_module("items").Item("a", "n", found, 1, 1, 1, 1)
    for number in (1, 3):
        page = answers.page_answer(store.Page((item,) * number, None), None)
        written = len(json.dumps({"body": page.body}))
        assert 0 < written - number * answers.size_in_answer(item) < 100


def test_a_short_page_among_small_items_loses_none(function: Function) -> None:
    large = largest("\U0001d11e")
    made = [f"i{number:02}" for number in range(15)]
    for number, item_id in enumerate(made):
        attributes = large if number % 3 == 0 else "{}"
        body = f'{{"id":"{item_id}","name":"n","attributes":{attributes}}}'
        function.call("POST", body=body)
    for limit in (1, 7, 100):
        ids, _ = everything(function, limit)
        assert sorted(ids) == made
        assert len(ids) == len(made)


def test_of_thousands_of_problems_a_hundred_are_told(function: Function) -> None:
    body = "{" + ",".join(f'"x{number}":0' for number in range(8_000)) + "}"
    answer = function.call("POST", body=body)
    assert answer.status == 400
    assert len(answer.error["details"]) == 100


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("item_id", ["a" * 129, "a" * 2_049, "ä", "a\n", "-a", "a/b"])
def test_what_is_no_id_is_not_asked_for(function: Function, method: str, item_id: str) -> None:
    body = {"name": "a"} if method == "PUT" else None
    assert function.call(method, item_id, body=body).status == 404
    assert function.called == set()


@pytest.mark.parametrize("version", ["1" + "0" * 16, "9" * 38, "9" * 39, "9" * 4_000])
def test_a_version_beyond_what_an_etag_can_be(function: Function, version: str) -> None:
    function.call("POST", body={"id": "a", "name": "a"})
    answer = function.call("PUT", "a", body=f'{{"name":"a","version":{version}}}')
    assert (answer.status, answer.fields) == (400, {"version"})


@pytest.mark.parametrize("number", ["1e99999999999999999999", "-1e-99999999999999999999"])
def test_a_number_that_there_is_no_number_for(function: Function, number: str) -> None:
    answer = function.call("POST", body=f'{{"name":"a","attributes":{{"n":{number}}}}}')
    assert (answer.status, answer.fields) == (400, {"body"})


def test_a_name_longer_than_dynamodb_takes(function: Function) -> None:
    for name, status in (("k" * 65_535, 201), ("k" * 65_536, 400), ("ä" * 32_768, 400)):
        assert function.call("POST", body={"name": "a", "attributes": {name: 1}}).status == status
