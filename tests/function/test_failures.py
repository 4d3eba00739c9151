"""Every way a request can fail: the answer to the client, and the line in the log."""

from __future__ import annotations

import base64
import json

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from moto.core.models import botocore_stubber

from tests.function.conftest import ENVIRONMENT, Function, request

SECRET = "hunter2-the-secret"
CALLS = [
    ("PutItem", "POST", None, {"id": "a", "name": "a"}),
    ("GetItem", "GET", "a", None),
    ("Scan", "GET", None, None),
    ("UpdateItem", "PUT", "a", {"name": "a"}),
    ("DeleteItem", "DELETE", "a", None),
]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (None, {"body"}),
        ("", {"body"}),
        ("{", {"body"}),
        ("[1]", {"body"}),
        ('"text"', {"body"}),
        ('{"name": NaN}', {"body"}),
        ("[" * 50_000, {"body"}),
        ('{"name": "a", "attributes": {"n": ' + "9" * 5000 + "}}", {"body"}),
        ('{"name": "' + "a" * 100_000 + '"}', {"body"}),
        ({}, {"name"}),
        ({"name": ""}, {"name"}),
        ({"name": 7}, {"name"}),
        ({"name": "a" * 201}, {"name"}),
        ('{"name": "\\ud800"}', {"name"}),
        ({"name": "a", "colour": "red"}, {"colour"}),
        ({"id": "a/b", "name": 1, "attributes": []}, {"id", "name", "attributes"}),
        ({"id": "", "name": "a"}, {"id"}),
        ({"id": "a\n", "name": "a"}, {"id"}),
        ({"id": "a" * 129, "name": "a"}, {"id"}),
        ({"name": "a", "attributes": {"n": 10**38}}, {"attributes"}),
        ('{"name": "a", "attributes": {"n": 1e400}}', {"attributes"}),
        ('{"name": "a", "attributes": {"n": 1e-400}}', {"attributes"}),
        ('{"name": "a", "attributes": {"n": 0.12345678901234567890}}', {"attributes"}),
        ({"name": "a", "attributes": {"": 1}}, {"attributes"}),
        ('{"name": "a", "attributes": {"t": "\\ud800"}}', {"attributes"}),
        ('{"name": "a", "attributes": {"\\ud800": 1}}', {"attributes"}),
        ('{"name": "a", "attributes": {"d": ' + "[" * 31 + "]" * 31 + "}}", {"attributes"}),
    ],
)
def test_what_is_wrong_with_a_new_item_is_said_by_field(function: Function, body, fields):
    answer = function.call("POST", body=body)
    assert (answer.status, answer.error["code"]) == (400, "bad_request")
    assert answer.fields == fields
    assert all(detail["problem"] for detail in answer.error["details"])
    assert function.table.scan()["Items"] == []


@pytest.mark.parametrize(
    ("body", "headers", "fields"),
    [
        (None, {}, {"body"}),
        ({"name": "a", "version": "1"}, {}, {"version"}),
        ({"name": "a", "version": 0}, {}, {"version"}),
        ({"name": "a", "version": True}, {}, {"version"}),
        ({"name": "a", "version": 2}, {"If-Match": '"1"'}, {"version"}),
        ({"name": "a"}, {"If-Match": 'W/"1"'}, {"If-Match"}),
        ({"name": "a"}, {"If-Match": "newest"}, {"If-Match"}),
        ({"name": "a", "id": "b"}, {}, {"id"}),
    ],
)
def test_what_is_wrong_with_an_update(function: Function, body, headers, fields):
    function.call("POST", body={"id": "a", "name": "a"})
    answer = function.call("PUT", "a", body=body, headers=headers)
    assert answer.status == 400
    assert answer.fields == fields


def cursor_of(document: str) -> str:
    return base64.urlsafe_b64encode(document.encode()).decode()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "???"}, "cursor"),
        ({"cursor": "ä"}, "cursor"),
        ({"cursor": "aGVsbG8"}, "cursor"),
        ({"cursor": cursor_of('{"after": 7}')}, "cursor"),
        ({"cursor": cursor_of('{"after": ""}')}, "cursor"),
        ({"cursor": cursor_of('{"id": "a"}')}, "cursor"),
    ],
)
def test_what_is_wrong_with_a_page_request(function: Function, query, field):
    answer = function.call("GET", query=query)
    assert answer.status == 400
    assert answer.fields == {field}


@pytest.mark.parametrize("item_id", ["nobody", "a b", "ä", "..", "%2e", "a" * 3000])
@pytest.mark.parametrize(
    ("method", "body"), [("GET", None), ("PUT", {"name": "a"}), ("DELETE", None)]
)
def test_an_unknown_item(function: Function, method, body, item_id):
    answer = function.call(method, item_id, body=body)
    assert (answer.status, answer.error["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "resource"), [("GET", "/other"), ("PATCH", "/items"), ("GET", "/")]
)
def test_an_unknown_route(function: Function, method, resource):
    answer = function.call(method, resource=resource)
    assert (answer.status, answer.error["code"]) == (404, "not_found")
    assert "route" in answer.error["message"]


@pytest.mark.parametrize(
    "code",
    ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"],
)
@pytest.mark.parametrize(("operation", "method", "item_id", "body"), CALLS)
def test_a_throttled_table(function: Function, code, operation, method, item_id, body):
    function.fail(operation, ClientError({"Error": {"Code": code, "Message": SECRET}}, operation))
    answer = function.call(method, item_id, body=body)
    assert (answer.status, answer.error["code"]) == (429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) >= 1
    assert SECRET not in answer.text


@pytest.mark.parametrize(("operation", "method", "item_id", "body"), CALLS)
@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(SECRET),
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": SECRET}}, "Any"),
    ],
)
def test_the_unexpected_is_logged_whole_and_answered_with_its_request_id_only(
    function: Function, capsys, error, operation, method, item_id, body
):
    function.fail(operation, error)
    answer = function.call(method, item_id, body=body)
    assert answer.status == 500
    assert answer.error == {
        "code": "internal_server_error",
        "message": answer.error["message"],
        "request_id": "gateway-request-1",
    }
    for internal in (SECRET, "Traceback", "dynamodb", type(error).__name__):
        assert internal not in answer.text
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    entry = next(one for one in logged if one.get("level") == "ERROR")
    assert SECRET in entry["exception"]
    assert "Traceback" in entry["exception"]
    assert entry["correlation_id"] == "gateway-request-1"


@pytest.mark.parametrize(
    ("status", "method", "item_id", "body"),
    [
        (200, "GET", None, None),
        (201, "POST", None, {"name": "a"}),
        (204, "DELETE", "here", None),
        (400, "POST", None, {}),
        (404, "GET", "nobody", None),
        (404, "PATCH", None, None),
        (409, "POST", None, {"id": "here", "name": "a"}),
        (429, "PUT", "here", {"name": "a"}),
        (500, "GET", "here", None),
    ],
)
def test_every_answer_carries_the_cors_headers(function: Function, status, method, item_id, body):
    function.call("POST", body={"id": "here", "name": "a"})
    throttled = ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")
    function.fail("UpdateItem", throttled)
    if status == 500:
        function.fail("GetItem", RuntimeError())
    answer = function.call(method, item_id, body=body)
    assert answer.status == status
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] == ENVIRONMENT["CORS_HEADERS"]
    assert answer.headers["Access-Control-Max-Age"] == "600"
    assert answer.headers["Access-Control-Expose-Headers"] == ENVIRONMENT["CORS_EXPOSE"]


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("https://b.example", "https://b.example"), ("https://evil.example", "https://a.example")],
)
@pytest.mark.parametrize(
    "settings", [ENVIRONMENT | {"CORS_ORIGIN": "https://a.example,https://b.example"}]
)
def test_of_several_origins_the_one_that_asks_is_allowed(function: Function, origin, allowed):
    answer = function.call("GET", "nobody", headers={"Origin": origin})
    assert answer.headers["Access-Control-Allow-Origin"] == allowed
    assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize("settings", [ENVIRONMENT | {"CORS_ORIGIN": ""}])
def test_without_an_origin_there_are_no_cors_headers(function: Function):
    answer = function.call("GET")
    assert not [name for name in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"task": "nightly"},
        None,
        [],
        "text",
        7,
        {"Records": [{"eventSource": "aws:sqs"}]},
        {"version": "2.0", "requestContext": {"http": {"method": "GET"}}, "rawPath": "/items"},
        {**request("GET"), "requestContext": None},
        {**request("GET"), "httpMethod": None},
    ],
)
def test_an_event_that_is_no_request_raises_so_that_lambda_retries_it(function: Function, event):
    with pytest.raises(function.app.NotARequest):
        function.invoke(event)


def lose_first_answer(function: Function, operation: str) -> None:
    """Let the write happen and the connection break, so that botocore sends it again."""
    sent = []

    def send(request, **_):
        sent.append(request)
        if len(sent) > 1:
            return None
        done = botocore_stubber(f"before-send.dynamodb.{operation}", request)
        assert done is not None
        assert done.status_code == 200
        return AWSResponse(request.url, 500, HTTPHeaders(), done.raw)

    events = function.app.store._client.meta.events
    events.register_first(f"before-send.dynamodb.{operation}", send)


@pytest.mark.parametrize(
    ("operation", "method", "item_id", "body", "status"),
    [
        ("PutItem", "POST", None, {"id": "new", "name": "b"}, 201),
        ("UpdateItem", "PUT", "here", {"name": "b", "version": 1}, 200),
        ("DeleteItem", "DELETE", "here", None, 204),
    ],
)
def test_a_write_whose_answer_was_lost_is_no_conflict(
    function: Function, operation, method, item_id, body, status
):
    function.call("POST", body={"id": "here", "name": "a"})
    lose_first_answer(function, operation)
    assert function.call(method, item_id, body=body).status == status
