"""The event of a request to a route: which route, its variables, and the form of the event."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from provision.config.schema.api import RouteParts
from provision.workflows.route_event import (
    HttpRequest,
    ServedStage,
    find_route,
    is_binary,
    path_parameters,
    proxy_event,
)

ROUTES = [
    RouteParts("GET", path, "items", None, ())
    for path in ("/items/{id}", "/items/{rest+}", "/items/mine", "/items", "/", "/a.b/{x}")
]
HOST = "abc.execute-api.us-east-1.amazonaws.com"
STAGE = ServedStage("123456789012", "abc", "v1", HOST, "d1", "k1")
NOW = datetime(2026, 12, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/items", "/items"),
        ("/items/mine", "/items/mine"),
        ("/items/42", "/items/{id}"),
        ("/items/42/more", "/items/{rest+}"),
        ("/", "/"),
        ("/a.b/1", "/a.b/{x}"),
    ],
)
def test_the_most_exact_route_is_taken(path: str, route: str) -> None:
    for routes in (ROUTES, ROUTES[::-1]):
        found = find_route(routes, "GET", path)
        assert found is not None
        assert found.path == route


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/items"), ("GET", "/none"), ("GET", "/aXb/1"), ("GET", "/a.b//")]
)
def test_no_route_fits(method: str, path: str) -> None:
    assert find_route(ROUTES, method, path) is None


@pytest.mark.parametrize(
    ("named", "types", "binary"),
    [
        ("image/png", ("image/png",), True),
        ("IMAGE/PNG; q=1", ("image/png",), True),
        ("image/png, */*", ("image/png",), True),
        ("*/*, image/png", ("image/png",), False),
        ("image/png", ("image/*",), True),
        ("imagery/png", ("image/*",), False),
        ("text/html", ("*/*",), True),
        ("", ("*/*",), False),
        ("image/png", (), False),
    ],
)
def test_the_first_media_type_decides(named: str, types: tuple[str, ...], binary: bool) -> None:
    """API Gateway reads `Accept` and `Content-Type` in this way (A46)."""
    assert is_binary([("ACCEPT", named)], "Accept", types) is binary
    assert not is_binary([("X-Accept", named)], "Accept", types)


def test_variables_stay_encoded_and_a_slash_at_the_end_does_not_count() -> None:
    assert path_parameters(ROUTES[0], "/items/a%2Fb%20c") == {"id": "a%2Fb%20c"}
    assert path_parameters(ROUTES[1], "/items/a/b") == {"rest": "a/b"}
    assert path_parameters(ROUTES[1], "/items/a/b/") == {"rest": "a/b"}
    assert path_parameters(ROUTES[3], "/items/") == {}
    assert path_parameters(ROUTES[4], "/") == {}


def test_the_event() -> None:
    request = HttpRequest(
        "GET",
        "/items/42?x=1&empty=",
        query=(("x", "2"),),
        headers=(
            ("X-Own", "a"),
            ("X-Own", "b"),
            ("user-agent", "me"),
            ("authorization", "Bearer x"),
        ),
    )
    event = proxy_event(ROUTES[0], request, STAGE, NOW, "id-1")
    json.dumps(event)
    assert event["resource"] == "/items/{id}"
    assert event["path"] == "/items/42"
    assert event["pathParameters"] == {"id": "42"}
    assert event["queryStringParameters"] == {"x": "2", "empty": ""}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "empty": [""]}
    assert event["headers"] == {
        "Accept": "*/*",
        "Host": HOST,
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
        "X-Own": "b",
        "User-Agent": "me",
        "Authorization": "Bearer x",
    }
    assert event["multiValueHeaders"]["X-Own"] == ["a", "b"]
    assert event["body"] is None
    context = event["requestContext"]
    assert context["path"] == "/v1/items/42"
    assert context["resourcePath"] == "/items/{id}"
    assert context["requestTime"] == "01/Dec/2026:06:30:00 +0000"
    assert context["requestTimeEpoch"] == 1_796_106_600_000
    assert (context["domainName"], context["domainPrefix"]) == (HOST, "abc")
    assert context["deploymentId"] == "d1"
    identity = context["identity"]
    assert (identity["sourceIp"], identity["userAgent"]) == ("127.0.0.1", "me")
    assert (identity["apiKeyId"], identity["apiKey"]) == ("k1", "(not read)")
    assert identity["userArn"] is None


def test_a_public_route_has_no_key_in_its_event() -> None:
    public = replace(STAGE, key="")
    event = proxy_event(ROUTES[3], HttpRequest("GET", "/items"), public, NOW, "id-1")
    assert "apiKeyId" not in event["requestContext"]["identity"]


def test_what_a_request_lacks_is_null_and_a_body_is_json_by_default() -> None:
    event = proxy_event(ROUTES[3], HttpRequest("GET", "/items", body="{}"), STAGE, NOW, "id-1")
    assert event["queryStringParameters"] is None
    assert event["multiValueQueryStringParameters"] is None
    assert event["pathParameters"] is None
    assert event["headers"]["Content-Type"] == "application/json"
