"""Whether a version's code can be imported: it is invoked once by its number, before callers reach
it by the alias.

An answer says that it can, or that it cannot. Where Lambda gives none, for it takes no call now or
the handler runs on and on, nothing is known, and that stops nobody: the alias moves, untried.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError, HTTPClientError

from provision.aws.client import Aws
from provision.aws.error_codes import THROTTLES
from provision.errors import ProvisionError, WaitTimeout
from provision.model import iam

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import InvocationResponseTypeDef

PAYLOAD: Final = '{"provision": "import check"}'
"""What the handler gets. What it makes of that does not matter: then it was imported."""
SHOWN: Final = 12
"""Lines of the log's end that are shown."""
PATIENCE: Final = 60.0
"""Seconds for which an import that is denied something may fail after IAM was written: rights of a
role take effect late (I11)."""
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
"""Lambda's own trouble, in which nothing of the code was seen."""
_NOT_LOADED: Final = frozenset(
    {
        "Runtime.HandlerNotFound",
        "Runtime.ImportModuleError",
        "Runtime.InvalidEntrypoint",
        "Runtime.MalformedHandlerName",
        "Runtime.UserCodeSyntaxError",
    }
)
"""What the runtime itself says when there is no handler to call."""
_TIMED_OUT: Final = "Sandbox.Timedout"
_INIT: Final = re.compile(r"^INIT_REPORT\b.*\bStatus: (error|timeout)\b", re.MULTILINE)
_DENIED: Final = re.compile(r"AccessDenied|not authorized|UnrecognizedClient|InvalidClientTokenId")


class ImportFails(ProvisionError):
    """The code of a version ends before its handler could be called."""


def check_import(aws: Aws, function: str, number: str) -> str:
    """Run the version once. Why nothing is known of it; empty where it can be imported. Raises
    `ImportFails` with the log's last lines where it cannot.
    """
    aws.report_wait(f"version {number} is tried once")
    found = _try(aws, function, number)
    if isinstance(found, str):
        return found
    what, log = found
    if not what:
        return ""
    shown = [f"  {line.expandtabs()}" for line in log.strip().splitlines()[-SHOWN:]]
    raise ImportFails(
        f"version {number} cannot be imported: {what}",
        more=shown,
        hint="callers do not reach it; mend the code",
    )


def _try(aws: Aws, function: str, number: str) -> str | tuple[str, str]:
    """Why nothing is known; or what keeps the code from being loaded, or nothing, with the log."""
    last = "", ""

    def once() -> tuple[str, str] | None:
        nonlocal last
        last = _answer(_invoke(aws, function, number))
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
        return f"Lambda took no call ({code})"


def _invoke(aws: Aws, function: str, number: str) -> InvocationResponseTypeDef:
    """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""
    return aws.lambda_.invoke(
        FunctionName=function,
        Qualifier=number,
        InvocationType="RequestResponse",
        LogType="Tail",
        Payload=PAYLOAD.encode(),
    )


def _answer(answer: InvocationResponseTypeDef) -> tuple[str, str]:
    """What keeps the code from being loaded, or nothing; and the log."""
    log = base64.b64decode(answer.get("LogResult", "")).decode("utf-8", "replace")
    if not answer.get("FunctionError"):  # a first try to load it may have taken too long
        return "", log
    error = _error(answer["Payload"].read())
    kind = error.get("errorType", "")
    states = init_states(log)
    late = "timeout" in states and kind == _TIMED_OUT
    if kind not in _NOT_LOADED and "error" not in states and not late:
        return "", log
    return ": ".join(part for part in (kind, error.get("errorMessage")) if part) or "it ends", log


def init_states(log: str) -> set[str]:
    """How loading the code ended, `error` or `timeout`, where Lambda reports that as text or as
    JSON; it reports nothing where it went well."""
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
    """What a failed invocation answers; empty where it is not as AWS documents it."""
    try:
        error = json.loads(payload)
    except ValueError:
        return {}
    if not isinstance(error, dict):
        return {}
    return {name: str(value) for name, value in error.items() if value is not None}
