"""Makes a `LogLine` of an event, by the forms in which API Gateway and Lambda write."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from provision.workflows.logs.line import LineKind, LogLine
from provision.workflows.logs.platform_lines import parse_platform
from provision.workflows.logs.sources import ACCESS, EXECUTION, LogSource

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

_ID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_VERSION: Final = re.compile(r"\[([^\[\]]+)\][0-9a-f]+$")
"""The end of a stream's name: `2026/12/01/[8]0f9d…`."""
_OF_EXECUTION: Final = re.compile(r"\(([^()\s]+)\) (.*)", re.DOTALL)
_EXTENDED: Final = re.compile(r"Extended Request Id: (\S+)")
_STATUS: Final = re.compile(r"Method completed with status: (\d+)")
_LEVELS: Final = "TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL"
_BY_LOGGER: Final = re.compile(rf"\[({_LEVELS})\]\t\S+Z\t({_ID})\t(.*)", re.DOTALL)
_RAISED: Final = re.compile(r"\[ERROR\] (.*)", re.DOTALL)
_ENDED: Final = re.compile(
    rf"(?:\S+Z )?(?:RequestId: )?({_ID}) (Task timed out after .*|Error: .*)", re.DOTALL
)
_FAILED: Final = ("Task timed out", "Runtime.", "Traceback (most recent call last)")
_MESSAGE: Final = ("message", "msg")
_LEVEL: Final = ("level", "log_level", "severity")
_ERROR: Final = ("errorType", "errorMessage")
_INVOCATION: Final = ("function_request_id", "requestId", "AWSRequestId")
_UNTOLD: Final = frozenset(
    {
        *_MESSAGE, *_LEVEL, *_INVOCATION, "timestamp", "time", "location", "service",
        "correlation_id", "cold_start", "function_arn", "function_memory_size", "function_name",
        "xray_trace_id", "sampling_rate", "logger",
    }
)  # fmt: skip
"""Members of a JSON line that every line of the function has, or that a `LogLine` names itself."""
_MOST_EXECUTING: Final = 10_000
_SERVER_ERROR: Final = 500


class LogParser:
    """A parser of the lines of all sources, each given in its order.

    It remembers which invocation a function's stream is in, for Lambda runs one at a time there
    (L38), and which request an id of the execution log belongs to (A43). `own` has the invocations
    of import checks, each with the reason why the code cannot be imported, or "".
    """

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        self._own = dict(own or {})
        self._running: dict[str, str] = {}
        self._executing: dict[str, str] = {}

    def parse(self, source: LogSource, event: FilteredLogEventTypeDef) -> LogLine:
        """Return the line of an event."""
        message = event["message"].rstrip("\n")
        line = LogLine(
            at=event["timestamp"],
            event_id=event["eventId"],
            source=source.name,
            node=source.node,
            stream=event["logStreamName"],
            message=message,
            kind=LineKind.MESSAGE,
            text=message,
        )
        if source.name == ACCESS:
            return _access(line)
        if source.name == EXECUTION:
            return self._execution(line)
        return self._function(line)

    def _execution(self, line: LogLine) -> LogLine:
        found = _OF_EXECUTION.fullmatch(line.message)
        if not found:
            return replace(line, kind=LineKind.EXECUTION)
        request_id, text = found.groups()
        if told := _EXTENDED.match(text):
            # A caller can choose this id, twice too: the line that begins a request is the newest.
            self._executing.pop(request_id, None)
            self._executing[request_id] = told[1]
            if len(self._executing) > _MOST_EXECUTING:
                del self._executing[next(iter(self._executing))]
        status = _STATUS.match(text)
        failed = text.startswith("Execution failed") or (status and int(status[1]) >= _SERVER_ERROR)
        return replace(
            line,
            kind=LineKind.EXECUTION,
            text=text,
            level="ERROR" if failed else "INFO",
            request=self._executing.get(request_id, ""),
            request_id=request_id,
        )

    def _function(self, line: LogLine) -> LogLine:
        if version := _VERSION.search(line.stream):
            line = replace(line, version=version[1])
        members = _members(line.message)
        if platform := parse_platform(line, members):
            line = platform
        elif members is not None:
            line = _structured(line, members)
        else:
            line = _plain(line)
        running = self._running.get(line.stream, "")
        if line.kind is LineKind.START:
            self._running[line.stream] = line.invocation
        elif line.kind is LineKind.REPORT:
            self._running.pop(line.stream, None)
        invocation = line.invocation or running
        return replace(
            line,
            invocation=invocation,
            own=invocation in self._own,
            unimportable=bool(self._own.get(invocation)),
        )


def _members(message: str) -> Mapping[str, Any] | None:
    """Return the JSON object that the message is, or None."""
    if not message.startswith("{"):
        return None
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _first(members: Mapping[str, Any], names: tuple[str, ...]) -> str:
    found = next((members[name] for name in names if members.get(name)), "")
    return found if isinstance(found, str) else json.dumps(found)


def _access(line: LogLine) -> LogLine:
    members = _members(line.message)
    if members is None:
        return line
    told = {name: "" if value == "-" else str(value) for name, value in members.items()}
    status = told.get("status", "")
    return replace(
        line,
        kind=LineKind.ACCESS,
        level="ERROR" if status.isdecimal() and int(status) >= _SERVER_ERROR else "INFO",
        request=told.pop("request_id", ""),
        invocation=told.pop("function_request_id", ""),
        text=f"{told.get('method', '')} {told.get('route', '')} {status}",
        fields=told,
    )


def _structured(line: LogLine, members: Mapping[str, Any]) -> LogLine:
    """Return a line that a logger wrote as a JSON object."""
    if "_aws" in members:
        kind, text = LineKind.METRICS, "metrics"
    else:
        kind, text = LineKind.MESSAGE, _first(members, _MESSAGE)
    raised = "" if text else _raised(members)  # an error that the handler did not catch
    return replace(
        line,
        kind=kind,
        text=text or raised,
        level=_first(members, _LEVEL).upper(),
        request=_first(members, ("correlation_id",)),
        invocation=_first(members, _INVOCATION),
        trace=_first(members, ("xray_trace_id",)),
        fields={
            name: value
            for name, value in members.items()
            if name not in _UNTOLD and not (raised and name in _ERROR)
        },
    )


def _raised(members: Mapping[str, Any]) -> str:
    """Return the error of a line as Python writes it, or ""."""
    return ": ".join(str(members[name]) for name in _ERROR if members.get(name))


def _plain(line: LogLine) -> LogLine:
    """Return a line of text, as `print`, Lambda's own logger and its runtime write it."""
    if found := _BY_LOGGER.fullmatch(line.message):
        level, invocation, text = found.groups()
        return replace(line, level=level, invocation=invocation, text=text)
    if found := _RAISED.fullmatch(line.message):
        return replace(line, level="ERROR", text=found[1])
    if found := _ENDED.fullmatch(line.message):
        return replace(line, level="ERROR", invocation=found[1], text=found[2])
    return replace(line, level="ERROR" if line.message.startswith(_FAILED) else "")
