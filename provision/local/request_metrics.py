"""Adds to MiniStack's API Gateway: one id per request, metrics, access log, error responses."""

# ruff: noqa: SLF001 - MiniStack, pinned to one version, has no public interface for any of this

from __future__ import annotations

import contextvars
import http
import importlib
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import uuid4

from provision.local import invocations

Headers = Mapping[str, str]
Answer = tuple[int, dict[str, str], bytes]
Outcome = tuple[dict[str, Any] | None, str | None]

_VARIABLE: Final = re.compile(r"\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)")
_STREAM: Final = "requests"
_CLIENT_ERROR: Final = 400
_SERVER_ERROR: Final = 500
_LARGEST_BODY: Final = 10 * 1024**2
"""The most bytes of a request's body:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html.
"""

_REQUEST_ID: Final = "x-amzn-requestid"
_EXTENDED_ID: Final = "x-amz-apigw-id"

_request_id: Final = contextvars.ContextVar("the id that the function was given", default="")
_refusal: Final[contextvars.ContextVar[dict[str, str]]] = contextvars.ContextVar("$context.error")
_invocation: Final[contextvars.ContextVar[list[str]]] = contextvars.ContextVar(
    "the ids of the invocations of this request"
)
_failed: Final = contextvars.ContextVar("the function of this request failed", default=False)


def install() -> None:
    """Patch MiniStack. Called once, in the emulator's process, before it serves."""
    gateway: Any = importlib.import_module("ministack.services.apigateway_v1")
    gateway._handle_execute_in_scope = partial(_execute, gateway, gateway._handle_execute_in_scope)
    gateway._call_lambda_raw = partial(_call, gateway._call_lambda_raw)
    gateway._gateway_error_response = partial(_refuse, gateway._gateway_error_response)
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    functions._execute_function_dispatch = partial(_run, functions._execute_function_dispatch)


async def _execute(
    gateway: Any, execute: Callable[..., Awaitable[Answer]], *request: Any
) -> Answer:
    """Execute a request to a deployed API. Called in the account and region of that API."""
    began = time.monotonic()
    _failed.set(False)
    _request_id.set("")
    _refusal.set({})
    _invocation.set([])
    api_id, stage_name, method, path, headers, body, *_ = request
    stage = gateway._stages_v1.get(api_id, {}).get(stage_name)
    if stage and len(body) > _LARGEST_BODY:
        answer = _too_large(gateway, stage, request)
    else:
        answer = await execute(*request)
    milliseconds = (time.monotonic() - began) * 1000
    if stage:
        if _failed.get():
            answer = _bad_gateway(gateway, stage, request)
        request_id = answer[1].setdefault(_REQUEST_ID, _request_id.get() or str(uuid4()))
        answer[1][_EXTENDED_ID] = request_id
        _measure(gateway._rest_apis.get(api_id)["name"], stage_name, answer[0], milliseconds)
        values = _request_values(gateway, api_id, method, path, headers) | _refusal.get()
        values |= {"stage": stage_name, "path": f"/{stage_name}{path}"}
        values |= dict.fromkeys(("requestId", "extendedRequestId"), request_id)
        values["integration.requestId"] = next(iter(_invocation.get()), "")
        _log_access(stage, values | _answer_values(answer, milliseconds))
    return answer


async def _call(
    call: Callable[..., Awaitable[Outcome]],
    function: str,
    event: Mapping[str, Any],
    *,
    account_id: str | None = None,
    region: str | None = None,
) -> Outcome:
    """Invoke a function, given by its ARN, for an API's integration."""
    began = time.monotonic()
    _request_id.set(event.get("requestContext", {}).get("requestId", ""))
    result, error = await call(function, event, account_id=account_id, region=region)
    if result is not None:
        _failed.set(bool(result.get("error")) and not result.get("throttle"))
        functions = importlib.import_module("ministack.services.lambda_svc")
        name, _, qualifier = function.rpartition(":function:")[2].partition(":")
        invocations.begun(qualifier)
        functions._emit_lambda_metrics(
            name,
            duration_ms=(time.monotonic() - began) * 1000,
            error=bool(result.get("error")),
            throttle=bool(result.get("throttle")),
        )
    return result, error


def _run(
    run: Callable[..., dict[str, Any]],
    function: Mapping[str, Any],
    config: Mapping[str, Any],
    event: Any,
    request_id: str,
    started: float,
) -> dict[str, Any]:
    """Run a function, and note the id of the invocation if a request to an API makes it."""
    # The thread that runs it has a copy of the request's context, with this very list.
    _invocation.get([]).append(request_id)
    return run(function, config, event, request_id, started)


def _refuse(
    refuse: Callable[[Any, Mapping[str, Any]], Answer], error: Any, request: Mapping[str, Any]
) -> Answer:
    """Return a gateway response, with the variables filled in that MiniStack does not replace."""
    status, headers, body = refuse(error, request)
    said = json.dumps(error.message or "")
    _refusal.set(
        {
            "error.message": error.message or "",
            "error.messageString": said,
            "error.responseType": error.response_type,
            "error.validationErrorString": error.message or "",
        }
    )
    left = {
        "extendedRequestId": request["request_id"],
        "error.validationErrorString": said[1:-1],  # MiniStack keeps no result of the validator
    }
    text = _VARIABLE.sub(lambda found: left.get(found[1], found[0]), body.decode())
    return status, headers, text.encode()


def _too_large(gateway: Any, stage: Mapping[str, Any], request: Sequence[Any]) -> Answer:
    """Return the response that AWS gives before it checks the key, the route or the body."""
    return _respond(gateway, stage, request, "REQUEST_TOO_LARGE", "Request Too Long")


def _bad_gateway(gateway: Any, stage: Mapping[str, Any], request: Sequence[Any]) -> Answer:
    """Return AWS's response to a failed function: DEFAULT_5XX, with its headers and no details."""
    error = "Internal server error"
    status, shown, body = _respond(gateway, stage, request, "DEFAULT_5XX", error)
    return http.HTTPStatus.BAD_GATEWAY if status == _SERVER_ERROR else status, shown, body


def _respond(
    gateway: Any, stage: Mapping[str, Any], request: Sequence[Any], kind: str, message: str
) -> Answer:
    """Return the stage's gateway response of this kind."""
    api_id, stage_name, _, _, headers, _, query, *_ = request
    known = {
        "api_id": api_id,
        "stage_name": stage_name,
        "stage": stage,
        "headers": headers,
        "query_params": query,
        "path_params": {},
        "resource_path": "",
        "request_id": _request_id.get() or str(uuid4()),
    }
    answer: Answer = gateway._gateway_error_response(gateway._gw_error(kind, message), known)
    return answer


def _measure(api: str, stage: str, status: int, milliseconds: float) -> None:
    cloudwatch = importlib.import_module("ministack.services.cloudwatch")
    values = {
        "Count": (1, "Count"),
        "4XXError": (int(_CLIENT_ERROR <= status < _SERVER_ERROR), "Count"),
        "5XXError": (int(status >= _SERVER_ERROR), "Count"),
        "Latency": (milliseconds, "Milliseconds"),
    }
    for dimensions in ({"ApiName": api}, {"ApiName": api, "Stage": stage}):
        for metric, (value, unit) in values.items():
            cloudwatch.record_metric("AWS/ApiGateway", metric, value, unit, dimensions)


def _log_access(stage: Mapping[str, Any], values: Mapping[str, str]) -> None:
    settings = stage.get("accessLogSettings") or {}
    group = settings.get("destinationArn", "").removesuffix(":*").partition(":log-group:")[2]
    if not group:
        return
    logs = importlib.import_module("ministack.services.cloudwatch_logs")
    line = _VARIABLE.sub(lambda found: values.get(found[1]) or "-", settings.get("format", ""))
    where = {"logGroupName": group, "logStreamName": _STREAM}
    logs._create_log_stream(where)  # refused if it exists already, or its group does not
    logs._put_log_events(
        {**where, "logEvents": [{"timestamp": int(time.time() * 1000), "message": line}]}
    )


def _request_values(
    gateway: Any, api_id: str, method: str, path: str, headers: Headers
) -> dict[str, str]:
    resource, _ = gateway._match_resource_tree(api_id, [part for part in path.split("/") if part])
    key = gateway._resolve_api_key(gateway._api_key_from_request(headers)) or {}
    now = datetime.now(UTC)
    return {
        "apiId": api_id,
        "httpMethod": method,
        "identity.apiKeyId": key.get("id", ""),
        "identity.sourceIp": "127.0.0.1",
        "identity.userAgent": gateway._header_ci(headers, "user-agent") or "",
        "protocol": "HTTP/1.1",
        "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": str(int(now.timestamp() * 1000)),
        "resourcePath": resource["path"] if resource else "",
    }


def _answer_values(answer: Answer, milliseconds: float) -> dict[str, str]:
    status, _, body = answer
    return {
        "responseLatency": str(round(milliseconds)),
        "responseLength": str(len(body)),
        "status": str(status),
    }
