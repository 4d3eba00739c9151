"""The fields of a log line, in each form that AWS and loggers write."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provision.workflows.logs.line import LineKind, LogLine
from provision.workflows.logs.parser import LogParser
from provision.workflows.logs.sources import LogSource
from tests.unit.workflows.logs.cloudwatch import ACCESS, EXECUTION, ITEMS, MOMENT

ONE, OTHER = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
REPORT = (
    f"REPORT RequestId: {ONE}\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 512 MB"
    "\tMax Memory Used: 90 MB\tInit Duration: 301.2 ms\t\nXRAY TraceId: 1-abc\tSegmentId: 5"
    "\tSampled: true\t"
)
STREAM = "2026/12/01/[8]0f9d1c"


def parse(
    message: str, source: LogSource = ITEMS, parser: LogParser | None = None, stream: str = STREAM
) -> LogLine:
    event: Any = {
        "timestamp": MOMENT,
        "message": message,
        "logStreamName": stream,
        "eventId": "1",
        "ingestionTime": MOMENT,
    }
    return (parser or LogParser()).parse(source, event)


def test_the_access_log_names_the_request_and_the_invocation() -> None:
    said = {"request_id": "E1=", "function_request_id": ONE, "status": "502", "error": "-"}
    line = parse(json.dumps(said), ACCESS)
    assert (line.kind, line.level) == (LineKind.ACCESS, "ERROR")
    assert (line.request, line.invocation) == ("E1=", ONE)
    assert line.fields == {"status": "502", "error": ""}
    assert not parse(
        json.dumps(said | {"status": "404", "function_request_id": "-"}), ACCESS
    ).failed


def test_an_access_log_in_another_format_is_a_line() -> None:
    assert parse("127.0.0.1 GET", ACCESS).text == "127.0.0.1 GET"


def test_the_execution_log_is_of_the_request_that_it_began_with() -> None:
    """Callers can choose the id in brackets, and choose it twice."""
    parser = LogParser()
    found = [
        parse(text, EXECUTION, parser).request
        for text in (
            "(mine) Extended Request Id: E1=",
            "(mine) Starting execution for request: mine",
            "(mine) Extended Request Id: E2=",
            "(mine) Method completed with status: 200",
            "(other) Method completed with status: 200",
        )
    ]
    assert found == ["E1=", "E1=", "E2=", "E2=", ""]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Execution failed due to configuration error: Malformed Lambda proxy response", "ERROR"),
        ("Method completed with status: 502", "ERROR"),
        ("Method completed with status: 404", "INFO"),
        ("Method request path: {}", "INFO"),
    ],
)
def test_levels_of_the_execution_log(text: str, level: str) -> None:
    line = parse(f"(abc) {text}", EXECUTION)
    assert (line.level, line.text, line.request_id) == (level, text, "abc")


def test_lines_between_start_and_report_are_the_invocations() -> None:
    parser = LogParser()
    messages = [
        "before any",
        f"START RequestId: {ONE} Version: 8",
        "printed",
        f"END RequestId: {ONE}",
        REPORT,
        "after all",
    ]
    lines = [parse(message, parser=parser) for message in messages]
    assert [line.invocation for line in lines] == ["", ONE, ONE, ONE, ONE, ""]
    report = lines[4]
    assert report.kind is LineKind.REPORT
    assert report.trace == "1-abc"
    assert report.fields == {
        "duration_ms": 12.5,
        "billed_ms": 13.0,
        "memory_mb": 512.0,
        "used_mb": 90.0,
        "init_ms": 301.2,
    }
    assert {line.version for line in lines} == {"8"}


def test_two_environments_run_two_invocations_at_once() -> None:
    parser = LogParser()
    parse(f"START RequestId: {ONE} Version: 8", parser=parser, stream="a/[8]1")
    parse(f"START RequestId: {OTHER} Version: 8", parser=parser, stream="a/[8]2")
    assert parse("x", parser=parser, stream="a/[8]1").invocation == ONE
    assert parse("x", parser=parser, stream="a/[8]2").invocation == OTHER


def test_platform_lines_as_json() -> None:
    parser = LogParser()
    start = {"type": "platform.start", "record": {"requestId": ONE, "version": "8"}}
    metrics = {"durationMs": 3000.0, "billedDurationMs": 3000, "memorySizeMB": 128}
    record = {"requestId": ONE, "status": "timeout", "metrics": metrics}
    tracing = {"value": "Root=1-abc;Parent=2;Sampled=1"}
    report = {"type": "platform.report", "record": record | {"tracing": tracing}}
    assert parse(json.dumps(start), parser=parser).kind is LineKind.START
    assert parse("x", parser=parser).invocation == ONE
    line = parse(json.dumps(report), parser=parser)
    assert (line.kind, line.level, line.trace) == (LineKind.REPORT, "ERROR", "1-abc")
    assert line.fields["duration_ms"] == 3000.0
    assert parse('{"type": "platform.initStart", "record": 5}').kind is LineKind.MESSAGE


@pytest.mark.parametrize(
    ("message", "text", "fields"),
    [
        (
            "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout",
            "initialization timed out after 10.00 s",
            {"init_ms": 10000.0, "phase": "init", "status": "timeout"},
        ),
        (
            "INIT_REPORT Init Duration: 300.00 ms\tPhase: invoke\tStatus: error\tError Type: E\n",
            "initialization failed after 0.30 s: E",
            {"init_ms": 300.0, "phase": "invoke", "status": "error", "error": "E"},
        ),
        ("INIT_REPORT Status: error", "initialization failed", {"status": "error"}),
        (
            "RESTORE_REPORT Restore Duration: 10000.00 ms\tStatus: timeout",
            "restore timed out after 10.00 s",
            {"restore_ms": 10000.0, "status": "timeout"},
        ),
    ],
)
def test_a_cold_start_that_failed_is_an_error(
    message: str, text: str, fields: dict[str, Any]
) -> None:
    line = parse(message)
    assert (line.kind, line.level) == (LineKind.PLATFORM, "ERROR")
    assert (line.text, line.fields) == (text, fields)


@pytest.mark.parametrize(
    ("kind", "record", "text"),
    [
        (
            "platform.initReport",
            {"phase": "init", "status": "timeout", "metrics": {"durationMs": 10000.0}},
            "initialization timed out after 10.00 s",
        ),
        (
            "platform.initReport",
            {"phase": "init", "status": "error", "errorType": "Runtime.ImportModuleError"},
            "initialization failed: Runtime.ImportModuleError",
        ),
        ("platform.restoreReport", {"status": "failure"}, "restore failed"),
        ("platform.initReport", {"status": "error", "metrics": 5}, "initialization failed"),
    ],
)
def test_a_cold_start_that_failed_is_an_error_in_json(
    kind: str, record: dict[str, Any], text: str
) -> None:
    line = parse(json.dumps({"type": kind, "record": record}))
    assert (line.kind, line.level, line.text) == (LineKind.PLATFORM, "ERROR", text)


@pytest.mark.parametrize("number", [10**400, float("nan"), -1, [1], {}, "1"])
def test_a_number_that_is_no_duration_is_not_said(number: object) -> None:
    record = {"status": "error", "metrics": {"durationMs": number}}
    line = parse(json.dumps({"type": "platform.initReport", "record": record}))
    assert (line.level, line.text) == ("ERROR", "initialization failed")


@pytest.mark.parametrize(
    "message",
    [
        "INIT_REPORT Init Duration: 300.00 ms\tPhase: init",
        "INIT_REPORT Init Duration: 300.00 ms\tPhase: init\tStatus: success",
        "INIT_START Runtime Version: python:3.13.v1\tStatus: error",
        json.dumps({"type": "platform.initReport", "record": {"status": "success"}}),
    ],
)
def test_a_cold_start_that_did_not_fail_is_none(message: str) -> None:
    line = parse(message)
    assert (line.kind, line.level, line.text) == (LineKind.PLATFORM, "", message)


def test_an_initialization_within_an_invocation_is_the_invocations() -> None:
    parser = LogParser()
    parse(f"START RequestId: {ONE} Version: 8", parser=parser)
    failed = parse("INIT_REPORT Init Duration: 1.00 ms\tStatus: error", parser=parser)
    assert failed.invocation == ONE
    assert parse("x", parser=parser).invocation == ONE


def test_a_structured_line() -> None:
    said = {
        "level": "error",
        "message": "no stock",
        "correlation_id": "E1=",
        "function_request_id": ONE,
        "xray_trace_id": "1-abc",
        "item": 42,
        "service": "shop",
    }
    line = parse(json.dumps(said))
    assert (line.level, line.text, line.request) == ("ERROR", "no stock", "E1=")
    assert (line.invocation, line.trace, line.fields) == (ONE, "1-abc", {"item": 42})
    assert parse('{"_aws": {}, "Made": 1}').kind is LineKind.METRICS


@pytest.mark.parametrize(
    ("message", "level", "text"),
    [
        (f"[WARNING]\t2026-12-01T06:00:00.000Z\t{ONE}\tlow", "WARNING", "low"),
        ("[ERROR] KeyError: 'id'\rTraceback", "ERROR", "KeyError: 'id'\rTraceback"),
        (
            f"2026-12-01T06:00:00.000Z {ONE} Task timed out after 3.00 seconds",
            "ERROR",
            "Task timed out after 3.00 seconds",
        ),
        (
            f"RequestId: {ONE} Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
            "ERROR",
            "Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
        ),
        ("Traceback (most recent call last):", "ERROR", "Traceback (most recent call last):"),
        ("plain", "", "plain"),
        ('{"broken', "", '{"broken'),
        ("[1, 2]", "", "[1, 2]"),
    ],
)
def test_a_plain_line(message: str, level: str, text: str) -> None:
    line = parse(message)
    assert (line.level, line.text) == (level, text)


def test_text_of_a_caller_that_looks_like_a_platforms_line_begins_nothing() -> None:
    parser = LogParser()
    parse(f"START RequestId: {ONE} Version: 8", parser=parser)
    parse("START RequestId: somebody's Version: 8", parser=parser)
    assert parse("x", parser=parser).invocation == ONE


RAISED = {
    "timestamp": "2026-12-01T06:42:00.000Z",
    "log_level": "ERROR",
    "errorType": "KeyError",
    "errorMessage": "'name'",
    "requestId": ONE,
    "stackTrace": ['  File "/var/task/app.py", line 3, in handler\n    event["name"]\n'],
}
"""An error that no handler caught, as Lambda's Python runtime writes it with `LogFormat: JSON`."""


def test_an_uncaught_error_in_json_has_its_text_and_its_traceback() -> None:
    line = parse(json.dumps(RAISED))
    assert (line.level, line.text, line.invocation) == ("ERROR", "KeyError: 'name'", ONE)
    assert line.fields == {"stackTrace": RAISED["stackTrace"]}


def test_an_error_that_a_logger_reports_keeps_its_own_words() -> None:
    line = parse(json.dumps(RAISED | {"message": "could not read it"}))
    assert line.text == "could not read it"
    assert line.fields["errorType"] == "KeyError"
