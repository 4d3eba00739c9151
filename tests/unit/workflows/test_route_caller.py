"""The caller of a route with an authorizer, as `invoke --route` can know it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from provision.config.schema.api import Api, RouteParts
from provision.workflows.route_caller import caller_of

POOL = "arn:aws:cognito-idp:us-east-1:012345678901:userpool/us-east-1_a"
API = Api.model_validate(
    {
        "routes": {"GET /mine": "items"},
        "authorizers": {
            "users": {"cognito": [POOL]},
            "tokens": {"function": "auth", "header": "X-Token"},
            "own": "iam",
        },
    }
)


def route(auth: str | None) -> RouteParts:
    return RouteParts("GET", "/mine", "items", None, (), auth=auth)


def token(claims: Any) -> str:
    parts = ({"alg": "RS256"}, claims, "signature")
    texts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return ".".join(text.rstrip("=") for text in texts)


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
@pytest.mark.parametrize("before", ["", "Bearer "])
def test_claims_are_passed_on_as_text(name: str, before: str) -> None:
    claims = {"sub": "u1", "cognito:groups": ["a", "b"], "exp": 5, "email_verified": True}
    found = caller_of(API, route("users"), [(name, before + token(claims))])
    assert found.context == {
        "claims": {"sub": "u1", "cognito:groups": "[a b]", "exp": "5", "email_verified": "true"}
    }
    assert "not verified" in found.unknown


@pytest.mark.parametrize(
    ("auth", "headers", "told"),
    [
        (None, [], ""),
        ("users", [], "API Gateway would answer 401: users wants Authorization"),
        ("users", [("Authorization", "x")], "no token of Cognito"),
        ("users", [("Authorization", "a.b.c")], "no token of Cognito"),
        ("users", [("Authorization", token([1]))], "no token of Cognito"),
        ("tokens", [("X-Token", "x")], "asks the function auth, which is not run"),
        ("own", [], "the event names no caller"),
    ],
)
def test_what_is_not_known_is_said(
    auth: str | None, headers: list[tuple[str, str]], told: str
) -> None:
    found = caller_of(API, route(auth), headers)
    assert found.context == {}
    assert told in found.unknown
    assert bool(found.unknown) is bool(told)
