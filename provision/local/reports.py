"""What AWS writes down of a request to an API, and MiniStack does not: metrics and access log."""

# ruff: noqa: SLF001 - MiniStack, pinned to one version, has no public face for any of this

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

Headers = Mapping[str, str]
Answer = tuple[int, dict[str, str], bytes]

_VARIABLE: Final = re.compile(r"\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)")
_STREAM: Final = "requests"
_CLIENT_ERROR: Final = 400
_SERVER_ERROR: Final = 500


def install() -> None:
    """Called once, in the emulator's process, before it serves."""
    gateway: Any = importlib.import_module("ministack.services.apigateway_v1")
    execute, call = gateway._handle_execute_in_scope, gateway._call_lambda_raw

    async def reported_execute(
        api_id: str,
        stage_name: str,
        method: str,
        path: str,
        headers: Headers,
        body: bytes,
        query_params: Mapping[str, list[str]],
        owner_account_id: str,
        owner_region: str,
    ) -> Answer:
        began = time.monotonic()
        answer: Answer = await execute(
            api_id,
            stage_name,
            method,
            path,
            headers,
            body,
            query_params,
            owner_account_id,
            owner_region,
        )
        milliseconds = (time.monotonic() - began) * 1000
        stage = gateway._stages_v1.get(api_id, {}).get(stage_name)
        if stage:
            name = gateway._rest_apis.get(api_id)["name"]
            _measure(name, stage_name, answer[0], milliseconds)
            known = _request_values(gateway, api_id, method, path, headers)
            known["path"] = f"/{stage_name}{path}"
            _log_access(
                stage, {**known, "stage": stage_name, **_answer_values(answer, milliseconds)}
            )
        return answer

    async def reported_call(
        function_ref: str,
        event: object,
        *,
        account_id: str | None = None,
        region: str | None = None,
    ) -> tuple[dict[str, Any] | None, str | None]:
        began = time.monotonic()
        result, error = await call(function_ref, event, account_id=account_id, region=region)
        if result is not None:
            functions = importlib.import_module("ministack.services.lambda_svc")
            functions._emit_lambda_metrics(
                function_ref.rpartition(":function:")[2].partition(":")[0],
                duration_ms=(time.monotonic() - began) * 1000,
                error=bool(result.get("error")),
                throttle=bool(result.get("throttle")),
            )
        return result, error

    gateway._handle_execute_in_scope = reported_execute
    gateway._call_lambda_raw = reported_call


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
    logs._create_log_stream(where)  # refused when it is there already, or its group is not
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
        "requestId": str(uuid4()),
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
