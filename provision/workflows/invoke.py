"""Invokes a function once, and reads its answer, the end of its log and Lambda's report.

An invocation is never sent a second time after its answer was lost: the function may have run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ProxyConnectionError,
)
from botocore.parsers import ResponseParserError

from provision.aws.client import Aws
from provision.aws.connection_errors import UNTRUSTED
from provision.aws.error_codes import is_not_found
from provision.errors import AnswerLost, ApiError, NotFound, NotOwned
from provision.model import iam
from provision.model.step import OWNER
from provision.steps.lambda_.log_tail import log_tail
from provision.steps.not_found import found_or_none

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import InvocationRequestTypeDef

_FUNCTION: Final = iam.arn("lambda", "function:{name}")
OWNER_CALLS: Final = iam.calls("lambda", _FUNCTION, "ListTags")
"""The call for the owner of one function, with the fields of its step."""
CALLS: Final = (
    *OWNER_CALLS,
    iam.call(
        "lambda.Invoke",
        iam.Permission(
            "lambda:InvokeFunction",
            (_FUNCTION, iam.arn("lambda", "function:{name}:*")),
        ),
    ),
)
"""The calls for one function, with the fields of its step."""
LATEST: Final = "latest"
"""The word for the code that was uploaded last, published as a version or not."""
MOST_BYTES: Final = 6 * 1024 * 1024
"""The longest payload that Lambda accepts and answers (L35)."""

_LOST: Final = (HTTPClientError, IncompleteReadError, ResponseParserError)
_NOT_SENT: Final = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
_THROTTLED: Final = "TooManyRequestsException"
_REPORT: Final = re.compile(
    r"^REPORT RequestId: (?P<request>\S+)\s+Duration: (?P<duration>[\d.]+) ms"
    r"\s+Billed Duration: (?P<billed>\d+) ms\s+Memory Size: (?P<memory>\d+) MB"
    r"\s+Max Memory Used: (?P<used>\d+) MB"
)
_TRACE: Final = re.compile(r"XRAY TraceId: (\S+)")


@dataclass(frozen=True)
class InvocationTarget:
    """A function by its name in AWS, and an alias, a version's number or `LATEST`."""

    function: str
    qualifier: str

    @property
    def label(self) -> str:
        return f"{self.function} {self.qualifier}"


@dataclass(frozen=True)
class InvocationReport:
    """Lambda's report of one invocation, from the last line of its log."""

    duration_ms: float | None = None
    billed_ms: int | None = None
    memory_mb: int | None = None
    used_mb: int | None = None
    trace: str = ""


@dataclass(frozen=True)
class Invoked:
    """The answer of one invocation.

    `status` is Lambda's: 200, or 202 for an accepted asynchronous event. `error` is empty if the
    function did not fail, otherwise the type and message that it reported. `log_truncated`: lines
    before those of `log` are missing.
    """

    status: int
    version: str
    request: str
    payload: bytes
    error: str = ""
    log: tuple[str, ...] = ()
    log_truncated: bool = False
    report: InvocationReport = InvocationReport()


def refuse_foreign(aws: Aws, owner_prefix: str, function: str) -> None:
    """Raise `NotOwned` if a function of that name is not the stack's: it gets none of its events.

    `mark` is the beginning of the stack's owner tags. A function that does not exist is no error.
    """
    # Unlike GetFunction, it does not decrypt the environment.
    arn = aws.location.arn("lambda", f"function:{function}")
    shown = found_or_none(lambda: aws.lambda_.list_tags(Resource=arn))
    if shown is not None and not shown.get("Tags", {}).get(OWNER, "").startswith(
        f"{owner_prefix}/"
    ):
        raise NotOwned(
            f"the function {function} does not belong to this stack: not invoked",
            hint="`provision plan` shows what it is",
        )


def invoke_once(
    aws: Aws,
    target: InvocationTarget,
    payload: bytes,
    *,
    asynchronous: bool = False,
    tail: bool = True,
) -> Invoked:
    """Invoke the function once.

    Raises `AnswerLost` if the function may have run, `NotFound` if there is no such function or
    version; botocore's own errors if Lambda refused the call or it was never sent.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    request: InvocationRequestTypeDef = {
        "FunctionName": target.function,
        "InvocationType": "Event" if asynchronous else "RequestResponse",
        "Payload": payload,
    }
    if target.qualifier != LATEST:
        request["Qualifier"] = target.qualifier
    if tail and not asynchronous:
        request["LogType"] = "Tail"
    try:
        answer = aws.lambda_invoke.invoke(**request)
        body = answer["Payload"].read() if "Payload" in answer else b""
    except (ClientError, BotoCoreError, ResponseParserError) as error:
        if isinstance(error, ClientError) and is_not_found(error.response["Error"]["Code"]):
            raise _not_there(target, error) from error
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == _THROTTLED:
            raise ApiError(
                f"Lambda has no room for a call of {target.label}: its concurrency is used up, or"
                " is 0, which stops it",
                hint="`provision status` says whether it is stopped; if not, invoke it later",
            ) from error
        if may_have_run(error):
            raise AnswerLost(
                f"no answer came from {target.label}: it may have run",
                hint="read its log before you send the event again",
            ) from error
        raise
    return _invoked(answer, body)


def may_have_run(error: Exception) -> bool:
    """Return whether the function may have run although no good answer came (L36)."""
    if isinstance(error, ClientError):
        metadata: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
        return int(metadata.get("HTTPStatusCode", 0)) >= HTTPStatus.INTERNAL_SERVER_ERROR
    refused = isinstance(error, _NOT_SENT) or UNTRUSTED in str(error)
    return isinstance(error, _LOST) and not refused


def parse_report(log: str) -> InvocationReport:
    """Return Lambda's report from a log in text or JSON; empty if the log has none (L37)."""
    traces = _TRACE.findall(log)  # on a line of its own below the report
    for line in reversed(log.splitlines()):
        if found := _REPORT.match(line):
            return InvocationReport(
                float(found["duration"]),
                int(found["billed"]),
                int(found["memory"]),
                int(found["used"]),
                traces[-1] if traces else "",
            )
        if '"platform.report"' in line and (report := _report_in_json(line)):
            return report
    return InvocationReport()


def _not_there(target: InvocationTarget, error: ClientError) -> NotFound:
    said = error.response["Error"].get("Message", "")
    if target.qualifier.isdecimal():
        return NotFound(
            f"{target.function} has no version {target.qualifier}: {said}",
            hint="`provision status` shows the live version; `up` deletes old ones",
        )
    return NotFound(f"{target.label} does not exist: {said}", hint="`provision up` creates it")


def _invoked(answer: Any, body: bytes) -> Invoked:
    tail = log_tail(answer)
    return Invoked(
        status=int(answer["StatusCode"]),
        version=str(answer.get("ExecutedVersion", "")),
        request=str(answer["ResponseMetadata"].get("RequestId", "")),
        payload=body,
        error=_error(str(answer["FunctionError"]), body) if answer.get("FunctionError") else "",
        log=tail.lines,
        log_truncated=tail.truncated,
        report=parse_report(tail.text),
    )


def _error(kind: str, body: bytes) -> str:
    """Return what a failed function reported; `kind` if it lacks the form that AWS documents."""
    try:
        error = json.loads(body)
        if not isinstance(error, dict):
            return kind
        parts = (error.get("errorType"), error.get("errorMessage"))
        return ": ".join(str(part) for part in parts if part) or kind
    except (ValueError, RecursionError):
        return kind


def _report_in_json(line: str) -> InvocationReport | None:
    try:
        record = json.loads(line)["record"]
        metrics = record["metrics"]
        trace = str((record.get("tracing") or {}).get("value", ""))
        return InvocationReport(
            float(metrics["durationMs"]),
            int(metrics["billedDurationMs"]),
            int(metrics["memorySizeMB"]),
            int(metrics["maxMemoryUsedMB"]),
            trace.partition(";")[0].removeprefix("Root="),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
