"""Answers and logs the failure of a function as Lambda does.

MiniStack answers every failure with `Runtime.HandlerError`, without a stack trace, and logs nothing
of code that cannot be loaded. In AWS the type is the exception's class, or `Runtime.…`, and the log
has the error as one event, https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html and
https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html, with an INIT_REPORT after one
while loading: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html.
"""

# ruff: noqa: SLF001 - MiniStack, pinned to one version, has no public interface for any of this

from __future__ import annotations

import contextvars
import importlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from provision.local import function_logs

Result = dict[str, Any]

_NOT_LOADED: Final = "Worker init failed: "
_ENDED_LOADING: Final = "Worker process exited immediately"
_ENDED: Final = "Worker process died"
_EXIT: Final = "Runtime exited without providing a reason"
"""The words of AWS's own emulator: https://github.com/aws/aws-lambda-runtime-interface-emulator."""
_INIT_REPORT: Final = "INIT_REPORT Init Duration: 0.00 ms\tPhase: init\tStatus: error\tError Type: "
_INDENT: Final = "\N{NO-BREAK SPACE}"
"""Lambda's runtime writes it for each blank at the beginning of a line of a stack trace."""

_printed: Final = contextvars.ContextVar("the output of code that could not be loaded", default="")


def install() -> None:
    """Patch MiniStack. Called once, in the emulator's process, before it serves."""
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    functions._execute_function_warm = partial(_execute, functions._execute_function_warm)
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    runtime.Worker._spawn = _keeping_output(runtime.Worker._spawn)


def _execute(
    execute: Callable[..., Result], function: Mapping[str, Any], event: object, request_id: str
) -> Result:
    """Run a function. Called on the thread that writes its log afterwards."""
    _printed.set("")
    function_logs.keep_together("")
    result = execute(function, event, request_id)
    said = str(result["body"].get("errorMessage", "")) if result.get("error") else ""
    if said.startswith((_NOT_LOADED, _ENDED_LOADING)):
        return _not_loaded(function, result, said.removeprefix(_NOT_LOADED))
    if said.startswith(_ENDED):
        return _failed(function, result, _exit(request_id, _EXIT))
    if error := _worker_error(said):
        return _failed(function, result, {**error, "requestId": request_id})
    return result  # no failure, or one of which MiniStack's words are Lambda's: a timeout


def _not_loaded(function: Mapping[str, Any], result: Result, said: str) -> Result:
    """Return the result of code that raised, or ended its process, while it was loaded."""
    error = _worker_error(said) or _exit("", said)
    failed = _failed(function, {**result, "log": _printed.get()}, {"requestId": "", **error})
    return {**failed, "log": f"{failed['log']}\n{_INIT_REPORT}{error['errorType']}"}


def _failed(function: Mapping[str, Any], result: Result, error: Mapping[str, Any]) -> Result:
    """Return the result with Lambda's answer, and with the error at the end of the log."""
    config = function.get("config") or function
    in_json = (config.get("LoggingConfig") or {}).get("LogFormat") == "JSON"
    event = _as_json(error) if in_json else _as_text(error)
    function_logs.keep_together(event)
    log = "\n".join(part for part in (result.get("log"), event) if part)
    return {**result, "body": dict(error), "log": log}


def _exit(request_id: str, why: str) -> dict[str, Any]:
    said = f"RequestId: {request_id} Error: {why}" if request_id else why
    return {"errorType": "Runtime.ExitError", "errorMessage": said}


def _worker_error(said: str) -> dict[str, Any]:
    """Return the error that the worker describes (worker_errors.py); empty for other words."""
    try:
        error = json.loads(said)
    except ValueError:
        return {}
    return error if isinstance(error, dict) and "errorType" in error else {}


def _as_text(error: Mapping[str, Any]) -> str:
    if "stackTrace" not in error:  # the runtime itself ended, and Lambda says so
        return str(error["errorMessage"])
    lines = [f"[ERROR] {error['errorType']}: {error['errorMessage']}"]
    lines += ["Traceback (most recent call last):"]
    for frame in error["stackTrace"]:
        for line in frame.splitlines():
            words = line.lstrip(" ")
            lines.append(_INDENT * (len(line) - len(words)) + words)
    return "\n".join(lines)


def _as_json(error: Mapping[str, Any]) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"timestamp": now, "level": "ERROR", **error})


def _keeping_output(spawn: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a function that starts a worker and keeps what its code printed before it failed."""

    def start(worker: Any) -> None:
        try:
            spawn(worker)
        except RuntimeError:
            _printed.set(worker._drain_stderr_bounded())
            raise

    return start
