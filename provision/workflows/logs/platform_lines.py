"""Parses the lines that Lambda itself writes about an invocation, as text and as JSON.

https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from provision.workflows.logs.line import LineKind, LogLine

_ID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_START: Final = re.compile(rf"START RequestId: ({_ID})(?: Version: (\S+))?\s*")
_END: Final = re.compile(rf"END RequestId: ({_ID})\s*")
_REPORT: Final = re.compile(rf"REPORT RequestId: ({_ID})\s(.*)", re.DOTALL)
_FIELD: Final = re.compile(r"([A-Z][A-Za-z ]*): ([^\t]*)")
_STARTED: Final = re.compile(r"(INIT|RESTORE)_REPORT (.*)", re.DOTALL)
_OTHERS: Final = ("INIT_START ", "EXTENSION\t", "RESTORE_START ")
_NUMBERS: Final = {
    "Duration": "duration_ms",
    "Billed Duration": "billed_ms",
    "Memory Size": "memory_mb",
    "Max Memory Used": "used_mb",
    "Init Duration": "init_ms",
    "Restore Duration": "restore_ms",
}
_METRICS: Final = {
    "durationMs": "duration_ms",
    "billedDurationMs": "billed_ms",
    "memorySizeMB": "memory_mb",
    "maxMemoryUsedMB": "used_mb",
    "initDurationMs": "init_ms",
}
_COLD_STARTS: Final = {
    "INIT": ("initialization", "init_ms"),
    "RESTORE": ("restore", "restore_ms"),
    "platform.initReport": ("initialization", "init_ms"),
    "platform.restoreReport": ("restore", "restore_ms"),
}
"""The parts of a cold start of which Lambda reports the end, and the field with their duration."""
_MOST_MILLISECONDS: Final = 1e9
"""A function can print a line like Lambda's, with any number."""
_TIMEOUT: Final = "timeout"
_ENDED: Final = {"phase": "phase", "status": "status", "errorType": "error"}
_FAILED: Final = frozenset({"error", "failure", _TIMEOUT})


def parse_platform(line: LogLine, members: Mapping[str, Any] | None) -> LogLine | None:
    """Return the line if Lambda itself wrote it. `members`: of its JSON object, if it is one."""
    if members is not None:
        return _of_json(line, members)
    if found := _START.fullmatch(line.message):
        invocation, version = found[1], found[2] or line.version
        return replace(line, kind=LineKind.START, invocation=invocation, version=version)
    if found := _END.fullmatch(line.message):
        return replace(line, kind=LineKind.PLATFORM, invocation=found[1])
    if found := _REPORT.fullmatch(line.message):
        return _report(line, found[1], dict(_FIELD.findall(found[2])))
    if found := _STARTED.fullmatch(line.message):
        told = dict(_FIELD.findall(found[2]))
        ended = {
            **{ours: _number(told[name]) for name, ours in _NUMBERS.items() if name in told},
            "phase": told.get("Phase", "").strip(),
            "status": told.get("Status", "").strip(),
            "error": told.get("Error Type", "").strip(),
        }
        return _cold_start(replace(line, kind=LineKind.PLATFORM), found[1], ended)
    if line.message.startswith(_OTHERS):
        return replace(line, kind=LineKind.PLATFORM)
    return None


def _report(line: LogLine, invocation: str, told: Mapping[str, str]) -> LogLine:
    numbers = {ours: _number(told[name]) for name, ours in _NUMBERS.items() if name in told}
    return _reported(
        replace(line, invocation=invocation, trace=told.get("XRAY TraceId", "").strip()),
        numbers,
        told.get("Status", "").strip(),
        told.get("Error Type", "").strip(),
    )


def _of_json(line: LogLine, members: Mapping[str, Any]) -> LogLine | None:
    record = members.get("record")
    kind = str(members.get("type", ""))
    if not kind.startswith("platform.") or not isinstance(record, dict):
        return None
    line = replace(line, kind=LineKind.PLATFORM, invocation=str(record.get("requestId", "")))
    if kind == "platform.start":
        version = str(record.get("version") or line.version)
        return replace(line, kind=LineKind.START, version=version)
    metrics, tracing = record.get("metrics"), record.get("tracing")
    told = metrics if isinstance(metrics, dict) else {}
    if kind in _COLD_STARTS:
        ended = {ours: str(record.get(name) or "") for name, ours in _ENDED.items()}
        return _cold_start(line, kind, {_COLD_STARTS[kind][1]: told.get("durationMs"), **ended})
    if kind != "platform.report":
        return line
    trace = str(tracing.get("value", "")) if isinstance(tracing, dict) else ""
    return _reported(
        replace(line, trace=trace.partition(";")[0].removeprefix("Root=")),
        {ours: told[name] for name, ours in _METRICS.items() if name in told},
        str(record.get("status", "")),
        str(record.get("errorType", "")),
    )


def _reported(line: LogLine, numbers: Mapping[str, Any], status: str, error: str) -> LogLine:
    """Return the line of an invocation's end, with its numbers and how it ended."""
    ended = {name: text for name, text in (("status", status), ("error", error)) if text}
    failed = status in _FAILED
    return replace(
        line,
        kind=LineKind.REPORT,
        level="ERROR" if failed else "",
        text=f"ended with {error or status}" if failed else line.text,
        fields={**numbers, **ended},
    )


def _cold_start(line: LogLine, part: str, ended: Mapping[str, Any]) -> LogLine:
    """Return the line of a cold start's end: an error in words if it failed, else as it is.

    Lambda repeats an initialization that failed within the invocation, which then takes longer.
    """
    fields = {name: value for name, value in ended.items() if value is not None and value != ""}
    if fields.get("status") not in _FAILED:
        return line
    name, duration = _COLD_STARTS[part]
    lasted = fields.get(duration)
    how = "timed out" if fields["status"] == _TIMEOUT else "failed"
    known = isinstance(lasted, int | float) and 0 <= lasted < _MOST_MILLISECONDS
    after = f" after {lasted / 1000:.2f} s" if lasted is not None and known else ""
    error = f": {fields['error']}" if "error" in fields else ""
    return replace(line, level="ERROR", text=f"{name} {how}{after}{error}", fields=fields)


def _number(text: str) -> float | str:
    try:
        return float(text.split(maxsplit=1)[0])
    except (ValueError, IndexError):
        return text
