"""A function is asked as an authorizer only with its permission, and deployments show what asks."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any

import pytest

from provision.local import gateway_authorizers

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:auth:live"
API = "arn:aws:execute-api:us-east-1:000000000000:abc"
AUTHORIZER = {
    "id": "a1",
    "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    f"{FUNCTION}/invocations",
}
EVENT = {"methodArn": f"{API}/v1/GET/mine"}


def allowing(source: str) -> dict[str, Any]:
    return {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "apigateway.amazonaws.com"},
                "Action": "lambda:InvokeFunction",
                "Resource": FUNCTION,
                "Condition": {"ArnLike": {"AWS:SourceArn": source}},
            }
        ]
    }


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return MiniStack's module, whose functions answer "asked"."""

    async def asked(*_: Any) -> str:
        return "asked"

    found: Any = importlib.import_module("ministack.services.apigateway_v1")
    monkeypatch.setattr(found, "_invoke_authorizer_lambda", asked)
    monkeypatch.setattr(found, "_fetch_jwks", found._fetch_jwks)
    monkeypatch.setattr(found, "_build_api_summary", found._build_api_summary)
    gateway_authorizers.install()
    return found


@pytest.mark.parametrize(
    ("policy", "answer"),
    [
        ({}, None),
        (allowing(f"{API}/authorizers/*"), "asked"),
        (allowing(f"{API}/authorizers/a1"), "asked"),
        (allowing(f"{API}/*"), "asked"),
        (allowing(f"{API}/authorizers/b2"), None),
        (allowing(f"{API}/v1/GET/mine"), None),
    ],
)
def test_without_the_permission_it_is_not_asked(
    gateway: Any, monkeypatch: pytest.MonkeyPatch, policy: dict[str, Any], answer: str | None
) -> None:
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    monkeypatch.setattr(functions, "_functions", {"auth": {"policy": policy}})
    found = asyncio.run(
        gateway._invoke_authorizer_lambda(AUTHORIZER, EVENT, "000000000000", "us-east-1")
    )
    assert found == answer


def test_keys_of_the_own_user_pools_are_not_fetched(
    gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cognito: Any = importlib.import_module("ministack.services.cognito")
    monkeypatch.setattr(
        cognito, "well_known_jwks", lambda pool: (200, {}, f'{{"keys": ["{pool}"]}}')
    )
    url = "http://localhost:4567/us-east-1_a/.well-known/jwks.json"
    assert asyncio.run(gateway._fetch_jwks(url)) == {"keys": ["us-east-1_a"]}


def test_a_deployment_shows_the_authorization_of_its_methods(
    gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    methods = {"GET": {"authorizationType": "CUSTOM"}, "OPTIONS": {}}
    resources = {"abc": {"r1": {"path": "/mine", "resourceMethods": methods}}}
    monkeypatch.setattr(gateway, "_resources", resources)
    shown = gateway._build_api_summary("abc")["/mine"]
    assert {verb: one["authorizationType"] for verb, one in shown.items()} == {
        "GET": "CUSTOM",
        "OPTIONS": "NONE",
    }
