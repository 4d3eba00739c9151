"""Checks that a request leaves its trace, its line in the access log and those of its function."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from provision.workflows.checks.check import EndpointCheck
from provision.workflows.checks.http import HttpAnswer
from provision.workflows.checks.keys import readable
from provision.workflows.checks.round import Round, Traced
from provision.workflows.checks.settings import function_named
from provision.workflows.checks.target import CheckTarget
from provision.workflows.checks.verdict import Verdict, failed, held_up, passed
from provision.workflows.logs.line import LogLine
from provision.workflows.logs.moments import milliseconds
from provision.workflows.logs.parser import LogParser
from provision.workflows.logs.reader import LogReader
from provision.workflows.logs.sources import ACCESS, LogSource

LINES_COME: Final = 30.0
"""Seconds within which lines reach CloudWatch Logs, mostly (G8)."""
_MARGIN: Final = 5_000
"""Milliseconds before an answer's date from which lines are read: the date has whole seconds."""
_TRACE: Final = "x-amzn-trace-id"
_ABSENT: Final = "no route is asked with the key"
_NOT_REACHED: Final = "no request reached the function: see key-right"


def _one(target: CheckTarget) -> list[str]:
    return readable(target)[:1]


def _logged_functions(target: CheckTarget) -> list[str]:
    """Return the functions that a route leads to that `key-right` asks."""
    asked = {target.function_of(target.route(label)) for label in readable(target)}
    return [f"function.{name}" for name in target.inputs.config.functions if name in asked]


def _trace(this: Round, subject: str) -> Verdict:
    traced = _reach(this, this.target.function_of(this.target.route(subject)))
    if traced is None:
        return held_up(_NOT_REACHED)
    if _TRACE in traced.answer.headers:
        return passed(_TRACE)
    return failed(f"{_TRACE} on the answer", f"none on the {traced.answer.status}")


def _access_log(this: Round, subject: str) -> Verdict:
    traced = _reach(this, this.target.function_of(this.target.route(subject)))
    if traced is None:
        return held_up(_NOT_REACHED)
    found = _access_line(this, traced)
    request = traced.answer.request_id
    if found is None:
        return failed(f"a line of request {request}", "none so far", "lines may come late: --wait")
    return passed(f"request {request}")


def _function_log(this: Round, subject: str) -> Verdict:
    function = function_named(subject)
    traced = _reach(this, function)
    if traced is None:
        return held_up(_NOT_REACHED)
    group = _group(this, subject)
    if group is None:
        return failed("a log group", "none")
    if not traced.invocation:
        _access_line(this, traced)
    lines = [
        line
        for word in (traced.invocation, traced.answer.request_id)
        if word
        for line in _lines(this, group, traced, word)
    ]
    if lines:
        return passed(f"{len(lines)} lines")
    if not traced.invocation:
        return held_up("the access log, which names the invocation, has no line of it")
    want = f"a line of invocation {traced.invocation}"
    return failed(want, "none so far", "lines may come late: --wait")


def _reach(this: Round, function: str) -> Traced | None:
    """Return the first request of this run that reached the function, and make it if need be."""
    if traced := this.memory.traced.get(function):
        return traced
    for label in readable(this.target):
        route = this.target.route(label)
        if this.target.function_of(route) != function or (route.api_key and not this.key):
            continue
        answer = this.keyed(route)
        if isinstance(answer, HttpAnswer) and answer.request_id and 200 <= answer.status < 500:  # noqa: PLR2004
            if answer.status in {403, 429}:
                continue
            return this.memory.traced.setdefault(function, Traced(route, answer))
    return None


def _access_line(this: Round, traced: Traced) -> LogLine | None:
    group = _group(this, ACCESS)
    if group is None:
        return None
    request = traced.answer.request_id
    lines = _lines(this, group, traced, request)
    found = next((line for line in lines if line.request == request), None)
    if found:
        traced.invocation = found.invocation
    return found


def _group(this: Round, name: str) -> LogSource | None:
    return next((source for source in this.target.logs if source.name == name), None)


def _lines(this: Round, group: LogSource, traced: Traced, word: str) -> list[LogLine]:
    """Return the lines of a group with an id, from the time of the request on.

    The filter is applied again: emulators do not obey every pattern.
    """
    reader = LogReader(this.aws, _since(this, traced.answer), f'"{word}"', this.memory.log_pace)
    parser = LogParser()
    return [
        parser.parse(group, event)
        for page in reader.pages(group)
        for event in page
        if word in event["message"]
    ]


def _since(this: Round, answer: HttpAnswer) -> int:
    """Return when the request was answered, by AWS's clock, in milliseconds; a little earlier."""
    try:
        at = parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return max(0, milliseconds(this.aws.clock.today()) - 60 * _MARGIN)
    return max(0, milliseconds(at) - int(answer.seconds * 1000) - _MARGIN)


TRACE_CHECKS: Final = (
    EndpointCheck(
        id="trace",
        subjects=_one,
        ask=_trace,
        absent=_ABSENT,
        not_on_local=True,
    ),
    EndpointCheck(
        id="access-log",
        subjects=_one,
        ask=_access_log,
        absent=_ABSENT,
        in_a_row=1,
        least_wait=LINES_COME,
    ),
    EndpointCheck(
        id="function-log",
        noun="function",
        subjects=_logged_functions,
        ask=_function_log,
        absent=_ABSENT,
        in_a_row=1,
        least_wait=LINES_COME,
    ),
)
