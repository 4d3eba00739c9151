"""Gives invocations their metrics by alias or version, and an answer the id of its invocation.

MiniStack has metrics by a function's name only, and an id in the answer that no log has. Lambda's
answer names the invocation, also one that it only queues, of which all attempts have that id:
https://docs.aws.amazon.com/lambda/latest/dg/python-context.html and
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
"""

# ruff: noqa: SLF001 - MiniStack, pinned to one version, has no public interface for any of this

from __future__ import annotations

import contextvars
import importlib
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

_answered: Final = contextvars.ContextVar("the id that the answer will have", default="")
_invocation: Final = contextvars.ContextVar("the id of the invocation", default="")
_qualifier: Final = contextvars.ContextVar("the alias or version that is invoked", default="")
_queued: Final = contextvars.ContextVar("the event is only queued, and not run yet", default=False)


def install() -> None:
    """Patch MiniStack. Called once, in the emulator's process, before it serves."""
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    functions._invoke = partial(_invoke, functions._invoke)
    functions.new_uuid = partial(_new_id, functions.new_uuid)
    application: Any = importlib.import_module("ministack.app")
    application._dispatch_service_request = partial(
        _dispatch, application._dispatch_service_request
    )
    functions._emit_lambda_metrics = partial(_emit, functions._emit_lambda_metrics)


def begun(qualifier: str) -> None:
    """Attribute all later metrics of this request to that alias or version."""
    _qualifier.set(qualifier)


def queued() -> None:
    """Leave the metrics of this request to the attempts (queued_events.py)."""
    _queued.set(True)


async def _invoke(
    invoke: Callable[..., Awaitable[Any]],
    name: str,
    event: object,
    headers: Mapping[str, str],
    path_qualifier: str | None = None,
    query_params: Mapping[str, Any] | None = None,
) -> Any:
    """Invoke a function through Lambda's own API."""
    named = (query_params or {}).get("Qualifier", "")
    begun(path_qualifier or (named if isinstance(named, str) else named[0]))
    _queued.set(False)
    before = _invocation.set(_answered.get())
    try:
        return await invoke(name, event, headers, path_qualifier, query_params)
    finally:
        _invocation.reset(before)


async def _dispatch(dispatch: Callable[..., Awaitable[Any]], *request: Any) -> Any:
    """Answer a request to a service. The last argument is the id of its answer."""
    _answered.set(request[-1])
    return await dispatch(*request)


def _new_id(new_id: Callable[[], str]) -> str:
    """Return the id of an invocation; the thread that runs an event keeps it in its context."""
    return _invocation.get() or new_id()


def _emit(
    emit: Callable[..., None], function: str, duration_ms: float, *, error: bool, throttle: bool
) -> None:
    """Record the metrics of one invocation, by function and also by alias or version."""
    if _queued.get():
        return
    emit(function, duration_ms=duration_ms, error=error, throttle=throttle)
    if not (qualifier := _qualifier.get()):
        return
    cloudwatch: Any = importlib.import_module("ministack.services.cloudwatch")
    dimensions = {"FunctionName": function, "Resource": f"{function}:{qualifier}"}
    for metric, value in ("Invocations", 1), ("Errors", int(error)), ("Throttles", int(throttle)):
        cloudwatch.record_metric("AWS/Lambda", metric, value, "Count", dimensions)
    if duration_ms > 0:
        cloudwatch.record_metric("AWS/Lambda", "Duration", duration_ms, "Milliseconds", dimensions)
