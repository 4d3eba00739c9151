"""Builds the event that API Gateway would send to a function for a request to a route."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from provision.config.schema.api import RouteParts

_VARIABLE: Final = re.compile(r"\{([^}+]+)(\+?)\}")
USER_AGENT: Final = "provision-invoke"
SOURCE: Final = "127.0.0.1"
_RESOURCE: Final = "invoke"
"""The id that is given for the resource, whose own is not recorded."""
_KEY: Final = "(not read)"
"""The text that is given for the key itself."""
_RENAMED: Final = {"authorization": "Authorization", "host": "Host", "user-agent": "User-Agent"}
"""The headers that API Gateway writes in its own way, whichever case they came in."""
_SIGNED: Final = (
    "cognitoIdentityPoolId",
    "accountId",
    "cognitoIdentityId",
    "caller",
    "principalOrgId",
    "accessKey",
    "cognitoAuthenticationType",
    "cognitoAuthenticationProvider",
    "userArn",
    "user",
)
"""The members of `identity` that are null unless a caller signs with credentials of AWS."""


@dataclass(frozen=True)
class ServedStage:
    """The deployed API that a request names.

    `host` is the name under which it answers, `key` the id of the API key that calls, or "".
    """

    account: str
    api: str
    name: str
    host: str
    deployment: str
    key: str = ""


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
    """Return the values of the route's variables; None if the path does not fit.

    They stay as they are sent, with `%20` for a blank; a slash at the end does not count (A41).
    """
    pattern, end = "", 0
    names = []
    for found in _VARIABLE.finditer(route.path):
        pattern += re.escape(route.path[end : found.start()]) + ("(.+)" if found[2] else "([^/]+)")
        names.append(found[1])
        end = found.end()
    pattern += re.escape(route.path[end:])
    fitting = re.fullmatch(pattern, path.removesuffix("/") or "/")
    return dict(zip(names, fitting.groups(), strict=True)) if fitting else None


def proxy_event(
    route: RouteParts, request: HttpRequest, stage: ServedStage, now: datetime, request_id: str
) -> dict[str, Any]:
    """Return the event of a Lambda proxy integration (A41).

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    path, _, asked = request.path.partition("?")
    query = (*parse_qsl(asked, keep_blank_values=True), *request.query)
    headers = _with_defaults(request, stage.host)
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
            "resourceId": _RESOURCE,
            "resourcePath": route.path,
            "httpMethod": request.method,
            "extendedRequestId": request_id,
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "path": f"/{stage.name}{path}",
            "accountId": stage.account,
            "protocol": "HTTP/1.1",
            "stage": stage.name,
            "domainPrefix": stage.host.partition(".")[0],
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "requestId": request_id,
            "identity": _identity(dict(headers)["User-Agent"], stage.key),
            "domainName": stage.host,
            "deploymentId": stage.deployment,
            "apiId": stage.api,
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


def _identity(agent: str, key: str) -> dict[str, str | None]:
    """Return the caller, who has signed nothing: the key of this id, if any."""
    caller = {"apiKey": _KEY, "apiKeyId": key} if key else {}
    return {**dict.fromkeys(_SIGNED), **caller, "sourceIp": SOURCE, "userAgent": agent}


def _with_defaults(request: HttpRequest, host: str) -> tuple[tuple[str, str], ...]:
    """Return the headers with those that every client and API Gateway send."""
    defaults = {"Accept": "*/*", "Host": host, "User-Agent": USER_AGENT}
    if request.body is not None:
        defaults["Content-Type"] = "application/json"
    defaults |= {
        "X-Forwarded-For": SOURCE,
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    given = {name.lower() for name, _ in request.headers}
    own = [(name, value) for name, value in defaults.items() if name.lower() not in given]
    return (*own, *((_RENAMED.get(name.lower(), name), value) for name, value in request.headers))


def _lists(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return lists
