"""Builds the event that API Gateway would send to a function for a request to a route."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from provision.config.schema.api import RouteParts

_VARIABLE: Final = re.compile(r"\{([^}+]+)(\+?)\}")
USER_AGENT: Final = "provision-invoke"
SOURCE: Final = "127.0.0.1"


@dataclass(frozen=True)
class ServedStage:
    """The deployed API that a request names: its account, id and stage."""

    account: str
    api: str
    name: str


@dataclass(frozen=True)
class HttpRequest:
    """A request as a client sends it. The path may end with a query.

    `body` is text, or base64 if `encoded`.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    encoded: bool = False


def find_route(routes: Sequence[RouteParts], method: str, path: str) -> RouteParts | None:
    """Return the route that API Gateway would choose, or None.

    In each part of the path, literal text comes before a variable, and that before a greedy one
    (A42).
    """
    fitting = [r for r in routes if r.method == method and path_parameters(r, path) is not None]
    return min(fitting, key=lambda route: _ranks(route.path), default=None)


def path_parameters(route: RouteParts, path: str) -> dict[str, str] | None:
    """Return the values of the route's variables, decoded; None if the path does not fit."""
    pattern, end = "", 0
    names = []
    for found in _VARIABLE.finditer(route.path):
        pattern += re.escape(route.path[end : found.start()]) + ("(.+)" if found[2] else "([^/]+)")
        names.append(found[1])
        end = found.end()
    pattern += re.escape(route.path[end:])
    fitting = re.fullmatch(pattern, path)
    if not fitting:
        return None
    return dict(zip(names, map(unquote, fitting.groups()), strict=True))


def proxy_event(
    route: RouteParts,
    request: HttpRequest,
    stage: ServedStage,
    now: datetime,
    request_id: str,
    authorizer: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the event of a Lambda proxy integration (A41); `authorizer` is what one gave (A48).

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    path, _, asked = request.path.partition("?")
    query = (*parse_qsl(asked, keep_blank_values=True), *request.query)
    headers = _with_defaults(request)
    return {
        "resource": route.path,
        "path": path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": _lists(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _lists(query) or None,
        "pathParameters": path_parameters(route, path) or None,
        "stageVariables": None,
        "requestContext": {
            "accountId": stage.account,
            "apiId": stage.api,
            "stage": stage.name,
            "path": f"/{stage.name}{path}",
            "resourcePath": route.path,
            "httpMethod": request.method,
            "protocol": "HTTP/1.1",
            "requestId": request_id,
            "extendedRequestId": request_id,
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "identity": {"sourceIp": SOURCE, "userAgent": dict(headers)["User-Agent"]},
            **({"authorizer": dict(authorizer)} if authorizer else {}),
        },
        "body": request.body,
        "isBase64Encoded": request.encoded,
    }


def is_binary(headers: Sequence[tuple[str, str]], name: str, types: Sequence[str]) -> bool:
    """Return whether the first media type that the header names is one of the API's binary ones.

    `Content-Type` decides for the request's body, `Accept` for the answer's (A46).
    """
    given = next((value for key, value in headers if key.lower() == name.lower()), "")
    first = given.split(",")[0].split(";")[0].strip().lower()
    known = {each.lower() for each in types}
    return bool(first) and not known.isdisjoint({first, f"{first.partition('/')[0]}/*", "*/*"})


def _ranks(path: str) -> list[int]:
    """Return 0 for each literal part, 1 for a variable, 2 for a greedy one."""
    return [2 if part.endswith("+}") else int(part.startswith("{")) for part in path.split("/")]


def _with_defaults(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    """Return the headers with those that every client sends."""
    defaults = {"Accept": "*/*", "User-Agent": USER_AGENT}
    if request.body is not None:
        defaults["Content-Type"] = "application/json"
    given = {name.lower() for name, _ in request.headers}
    own = [(name, value) for name, value in defaults.items() if name.lower() not in given]
    named = [
        ("User-Agent" if name.lower() == "user-agent" else name, value)
        for name, value in request.headers
    ]
    return (*own, *named)


def _lists(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return lists
