"""Lets authorizers behave as in AWS: tokens are verified, functions need their permission.

MiniStack asks itself over HTTP for the keys of user pools, which our access control refuses, calls
any function as an authorizer, and its summary of a deployment has no `authorizationType`. Without
the permission AWS answers 500 (AUTHORIZER_CONFIGURATION_ERROR).

https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html
https://docs.aws.amazon.com/apigateway/latest/api/API_MethodSnapshot.html
"""

# ruff: noqa: SLF001 - MiniStack, pinned to one version, has no public interface for any of this

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

from provision.local.gateway_permission import allows

Keys = dict[str, Any]
_OWN_KEYS: Final = re.compile(r"http://[^/]+/([\w-]+)/\.well-known/jwks\.json")
Summary = dict[str, dict[str, dict[str, Any]]]


def install() -> None:
    """Patch MiniStack. Called once, in the emulator's process, before it serves."""
    gateway: Any = importlib.import_module("ministack.services.apigateway_v1")
    gateway._invoke_authorizer_lambda = partial(_invoke, gateway._invoke_authorizer_lambda)
    gateway._fetch_jwks = partial(_keys, gateway._fetch_jwks)
    gateway._build_api_summary = partial(_summary, gateway, gateway._build_api_summary)


async def _keys(fetch: Callable[[str], Awaitable[Keys]], url: str) -> Keys:
    """Return the keys of a user pool of this emulator, or those at another address."""
    cognito: Any = importlib.import_module("ministack.services.cognito")
    found = _OWN_KEYS.fullmatch(url)
    if not found:
        return await fetch(url)
    _, _, body = cognito.well_known_jwks(found[1])
    keys: Keys = json.loads(body)
    return keys


async def _invoke(
    invoke: Callable[..., Awaitable[Any]],
    authorizer: Mapping[str, Any],
    event: Mapping[str, Any],
    account: str,
    region: str,
) -> Any:
    gateway: Any = importlib.import_module("ministack.services.apigateway_v1")
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    function = gateway._extract_lambda_ref_from_integration_uri(authorizer.get("authorizerUri", ""))
    known = functions._functions.get(function.rpartition(":function:")[2].partition(":")[0])
    api = event["methodArn"].partition("/")[0]
    if known is not None and not allows(
        known.get("policy", {}), function, f"{api}/authorizers/{authorizer['id']}"
    ):
        return None
    return await invoke(authorizer, event, account, region)


def _summary(gateway: Any, build: Callable[[str], Summary], api: str) -> Summary:
    summary = build(api)
    for resource in gateway._resources.get(api, {}).values():
        for verb, method in resource.get("resourceMethods", {}).items():
            summary[resource.get("path", "/")][verb]["authorizationType"] = (
                method.get("authorizationType") or "NONE"
            )
    return summary
