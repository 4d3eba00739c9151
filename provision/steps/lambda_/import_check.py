"""Checks that a version's code can be imported, before callers reach it through the alias.

The version is invoked once by its number. If Lambda gives no answer, because it accepts no call now
or the handler does not return, the result is unknown and the alias moves without a result.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError, HTTPClientError

from provision.aws.client import Aws
from provision.aws.error_codes import THROTTLES
from provision.aws.tried_imports import TriedImport
from provision.errors import ProvisionError, WaitTimeout
from provision.model import iam
from provision.steps.lambda_.log_tail import log_tail

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import InvocationResponseTypeDef

PAYLOAD: Final = '{"provision": "import check"}'
"""The event that the handler receives. Its result is ignored: the code was imported by then."""
SHOWN: Final = 12
"""How many lines of the log's end are shown."""
PATIENCE: Final = 60.0
"""Seconds for which an import may fail with a denial after a write to IAM: a role's permissions
take effect late (I11)."""
CALL: Final = iam.call(
    "lambda.Invoke",
    iam.Permission(
        "lambda:InvokeFunction",
        (iam.arn("lambda", "function:{function}:*"),),
        if_set="import_check",
    ),
)

_NOT_NOW: Final = THROTTLES | {
    "EC2UnexpectedException",
    "ENINotReadyException",
    "ResourceNotReadyException",
    "ServiceException",
}
"""Errors of Lambda itself, which say nothing about the code."""
_NOT_LOADED: Final = frozenset(
    {
        "Runtime.HandlerNotFound",
        "Runtime.ImportModuleError",
        "Runtime.InvalidEntrypoint",
        "Runtime.MalformedHandlerName",
        "Runtime.UserCodeSyntaxError",
    }
)
"""Errors of the runtime if there is no handler to call."""
_TIMED_OUT: Final = "Sandbox.Timedout"
_INIT: Final = re.compile(r"^INIT_REPORT\b.*\bStatus: (error|timeout)\b", re.MULTILINE)
_FRAME: Final = re.compile(r'File "/(?:var/task|opt)/([^"\n]+)", line (\d+)')
"""A line of a traceback in the function's zip or in a layer."""
_NO_MODULE: Final = re.compile(r"No module named '")
_DENIED: Final = re.compile(r"AccessDenied|not authorized|UnrecognizedClient|InvalidClientTokenId")


class ImportFails(ProvisionError):
    """The code of a version fails before its handler can be called."""


def check_import(aws: Aws, function: str, number: str) -> str:
    """Invoke the version once and return why the result is unknown; empty if it can be imported.

    Raise `ImportFails` with the log's last lines if it cannot.
    """
    aws.report_wait(f"version {number} is tried once")
    found = _try(aws, function, number)
    if isinstance(found, str):
        return found
    what, log = found
    if not what:
        return ""
    lines = log.replace("\N{NO-BREAK SPACE}", " ").strip().splitlines()  # as Lambda indents
    shown = [f"  {line.expandtabs()}" for line in lines[-SHOWN:]]
    raise ImportFails(
        f"version {number} cannot be imported: {what}",
        more=shown,
        hint=f"callers do not reach it; {_advice(what)}",
    )


def _advice(what: str) -> str:
    if _NO_MODULE.search(what):
        return "fix the code, or put the package into a layer (docs/layers.md)"
    return "fix the code"


def _try(aws: Aws, function: str, number: str) -> str | tuple[str, str]:
    """Return why the result is unknown, or `_answer` of the invocation.

    Retry while an import is denied something and IAM was written in this run.
    """
    last = "", ""

    def once() -> tuple[str, str] | None:
        nonlocal last
        answer = _invoke(aws, function, number)
        last = _answer(answer)
        request = str(answer.get("ResponseMetadata", {}).get("RequestId", ""))
        aws.tried_imports.append(TriedImport(function, number, request, last[0]))
        late = aws.iam_written and _DENIED.search("\n".join(last))
        return None if last[0] and late else last

    try:
        return aws.wait(f"version {number} to be imported", once, budget=PATIENCE)
    except WaitTimeout:
        return last
    except HTTPClientError as error:
        return f"no answer came ({type(error).__name__})"
    except ClientError as error:
        code = str(error.response["Error"].get("Code", ""))
        if code not in _NOT_NOW:
            raise
        return f"Lambda accepted no call ({code})"


def _invoke(aws: Aws, function: str, number: str) -> InvocationResponseTypeDef:
    """Call the version and wait for its answer.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    return aws.lambda_.invoke(
        FunctionName=function,
        Qualifier=number,
        InvocationType="RequestResponse",
        LogType="Tail",
        Payload=PAYLOAD.encode(),
    )


def _answer(answer: InvocationResponseTypeDef) -> tuple[str, str]:
    """Return the error that keeps the code from being loaded, or an empty string, and the log."""
    log = log_tail(answer).text
    if not answer.get("FunctionError"):  # even if a first attempt to load it timed out
        return "", log
    error = _error(answer["Payload"].read())
    kind = error.get("errorType", "")
    states = init_states(log)
    late = "timeout" in states and kind == _TIMED_OUT
    if kind not in _NOT_LOADED and "error" not in states and not late:
        return "", log
    what = ": ".join(part for part in (kind, error.get("errorMessage")) if part) or "it ends"
    return what + _place(error.get("stackTrace", ""), log), log


def _place(*tracebacks: str) -> str:
    """Return the innermost line of the function's files in the first traceback that has one."""
    for text in tracebacks:
        if frames := _FRAME.findall(text):
            file, line = frames[-1]
            return f" ({file}, line {line})"
    return ""


def init_states(log: str) -> set[str]:
    """Return how loading the code failed, `error` or `timeout`, from text or JSON log lines.

    Lambda reports nothing if it succeeded.
    """
    return set(_INIT.findall(log)) | {state for line in log.splitlines() if (state := _state(line))}


def _state(line: str) -> str:
    if '"platform.initReport"' not in line:
        return ""
    try:
        event = json.loads(line)
    except ValueError:
        return ""
    status = event.get("record", {}).get("status")
    return {"error": "error", "failure": "error", "timeout": "timeout"}.get(status, "")


def _error(payload: bytes) -> dict[str, str]:
    """Return the answer of a failed invocation; empty if it lacks the form that AWS documents."""
    try:
        error = json.loads(payload)
    except ValueError:
        return {}
    if not isinstance(error, dict):
        return {}
    return {name: _text(value) for name, value in error.items() if value is not None}


def _text(value: object) -> str:
    """Return a value as text; a list, such as a stack trace, as lines."""
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)
