"""Runs the events that Lambda queues: its attempts by the settings of the alias, each measured.

MiniStack obeys the settings of a function without a qualifier only, and counts an event as one
success when it is queued. In AWS an alias has settings of its own, and each attempt is an
invocation: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html and
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html.
"""

# ruff: noqa: SLF001 - MiniStack, pinned to one version, has no public interface for any of this

from __future__ import annotations

import contextvars
import importlib
import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from provision.local import invocations

_DEFAULT_RETRIES: Final = 2
_DEFAULT_AGE: Final = 21_600
_RETRIED: Final = (60, 180)
"""The age of an event in seconds at each retry in AWS; here the retries come sooner."""
_QUALIFIER: Final = 7
"""The index of the qualifier among the parts of a function's ARN."""


def install() -> None:
    """Patch MiniStack. Called once, in the emulator's process, before it serves."""
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    functions.invoke_async_with_retry = partial(_queue, functions)


def _queue(functions: Any, function: Mapping[str, Any], event: object) -> None:
    """Run the event on a thread of its own. `function` is a version, by the name it was called."""
    context = contextvars.copy_context()
    run = partial(context.run, _run, functions, function, event)
    threading.Thread(target=run, daemon=True).start()
    invocations.queued()


def _run(functions: Any, function: Mapping[str, Any], event: object) -> None:
    """Run the event until an attempt succeeds; after the last, write it where failures go."""
    config = function.get("config") or function
    account, region = functions._account_region_from_function_config(config)
    functions._request_account_id.set(account)
    functions._request_region.set(region)
    name = config["FunctionName"]
    parts = config["FunctionArn"].split(":")
    qualifier = parts[_QUALIFIER] if len(parts) > _QUALIFIER else ""
    invocations.begun(qualifier)
    settings = _settings(functions._functions.get(name, {}), qualifier)
    result: Mapping[str, Any] = {}
    for number in range(_attempts(settings)):
        if number:
            time.sleep(functions._LAMBDA_ASYNC_RETRY_BASE_SECONDS * 2 ** (number - 1))
        result = _attempt(functions, name, function, event)
        if not result.get("error"):
            return
    target = settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    target = target or config.get("DeadLetterConfig", {}).get("TargetArn")
    if target:
        functions._route_async_failure(target, name, event, result)


def _attempt(
    functions: Any, name: str, function: Mapping[str, Any], event: object
) -> Mapping[str, Any]:
    """Run the function once and measure it; a throttled attempt is no invocation."""
    began = time.monotonic()
    result: Mapping[str, Any] = functions._execute_function(function, event)
    if not result.get("throttle"):
        milliseconds = (time.monotonic() - began) * 1000
        failed = bool(result.get("error"))
        functions._emit_lambda_metrics(name, duration_ms=milliseconds, error=failed, throttle=False)
    return result


def _settings(function: Mapping[str, Any], qualifier: str) -> Mapping[str, Any]:
    """Return the event-invoke configuration of exactly what was called; empty if it has none."""
    own = function.get("event_invoke_configs") or {}
    unqualified = qualifier in {"", "$LATEST"}
    names = ("", "$LATEST") if unqualified else (qualifier,)
    found: Mapping[str, Any] = next((own[each] for each in names if each in own), {})
    return found


def _attempts(settings: Mapping[str, Any]) -> int:
    """Return how often the event is run at most. An event that is too old is not run again."""
    retries: int = settings.get("MaximumRetryAttempts", _DEFAULT_RETRIES)
    age: int = settings.get("MaximumEventAgeInSeconds", _DEFAULT_AGE)
    return 1 + sum(at < age for at in _RETRIED[:retries])
