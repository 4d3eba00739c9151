"""Lets API Gateway call a function only if the function's policy allows it, as in AWS.

MiniStack stores the policy and does not obey it. Without the permission AWS answers 500, and the
execution log says "Invalid permissions on Lambda function".

https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
"""

# ruff: noqa: SLF001 - MiniStack, pinned to one version, has no public interface for any of this

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Mapping
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Final

Outcome = tuple[dict[str, Any] | None, str | None]

_GATEWAY: Final = "apigateway.amazonaws.com"


def install() -> None:
    """Patch MiniStack. Called once, in the emulator's process, before it serves."""
    gateway: Any = importlib.import_module("ministack.services.apigateway_v1")
    gateway._call_lambda_raw = partial(_call, gateway._call_lambda_raw)


async def _call(
    call: Callable[..., Awaitable[Outcome]],
    function: str,
    event: Mapping[str, Any],
    *,
    account_id: str | None = None,
    region: str | None = None,
) -> Outcome:
    """Invoke a function for an API's integration, or return the error of a missing permission."""
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    name = function.rpartition(":function:")[2].partition(":")[0] or function
    known = functions._functions.get(name)
    request = event.get("requestContext", {})
    if known is not None and request.get("apiId") and ":function:" in function:
        source = (
            f"arn:aws:execute-api:{region}:{account_id}:{request['apiId']}/{request.get('stage')}"
            f"/{request.get('httpMethod')}{request.get('resourcePath')}"
        )
        if not allows(known.get("policy", {}), function, source):
            return None, "Invalid permissions on Lambda function"
    return await call(function, event, account_id=account_id, region=region)


def allows(policy: Mapping[str, Any], function: str, source: str) -> bool:
    """Return whether a statement lets API Gateway invoke this function, alias or version."""
    return any(
        statement.get("Effect") == "Allow"
        and statement.get("Principal") in ({"Service": _GATEWAY}, "*")
        and statement.get("Action") in {"lambda:InvokeFunction", "lambda:*", "*"}
        and statement.get("Resource") == function
        and fnmatchcase(source, _source(statement))
        for statement in policy.get("Statement", [])
    )


def _source(statement: Mapping[str, Any]) -> str:
    """Return the pattern of the requests that the statement is for."""
    conditions: Mapping[str, Mapping[str, str]] = statement.get("Condition", {})
    for operator in ("ArnLike", "ArnEquals", "StringLike", "StringEquals"):
        for key, value in conditions.get(operator, {}).items():
            if key.lower() == "aws:sourcearn":
                return value
    return "*"
