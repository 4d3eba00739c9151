"""Lambda: an unset queue is absent, a policy is the requested one, an error has AWS's type."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import Any, Final

_NOT_LOADED: Final = "Worker init failed: "
_ENDED: Final = "Worker process exited immediately"
_INIT_REPORT: Final = (
    "INIT_REPORT Init Duration: 0.00 ms\tPhase: init\tStatus: error\tError Type: {}\n"
)
_RAISED: Final = re.compile(r"(\w+): (.*) \(([^()]+), line (\d+)\)", re.DOTALL)
"""The message of our worker (`local/runtime.py`) if the code raises while it is loaded."""
_NO_POLICY: Final = "No policy is associated with the given resource."
_UNQUALIFIED: Final = 6
"""Number of colons in a function's ARN; an alias or a version adds one."""


def install(events: Any) -> None:
    for operation in (
        "CreateFunction",
        "GetFunction",
        "GetFunctionConfiguration",
        "PublishVersion",
        "UpdateFunctionConfiguration",
        "UpdateFunctionCode",
    ):
        events.register(f"after-call.lambda.{operation}", _drop_unset_queue)
    events.register("after-call.lambda.GetPolicy", _drop_the_qualified)
    events.register("after-call.lambda.Invoke", _name_the_error)


def _drop_unset_queue(parsed: dict[str, Any], **_: Any) -> None:
    """Drop DeadLetterConfig if its target is ""; AWS leaves it out, MiniStack does not."""
    configuration = parsed.get("Configuration", parsed)
    if not configuration.get("DeadLetterConfig", {}).get("TargetArn"):
        configuration.pop("DeadLetterConfig", None)


def _drop_the_qualified(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    """Drop the aliases' statements from a function's own policy, as AWS does."""
    if "Policy" not in parsed or "Qualifier=" in http_response.url:
        return
    policy = json.loads(parsed["Policy"])
    own = [each for each in policy["Statement"] if each["Resource"].count(":") == _UNQUALIFIED]
    if own:
        parsed["Policy"] = json.dumps({**policy, "Statement": own})
        return
    http_response.status_code = 404
    parsed.clear()
    parsed["Error"] = {"Code": "ResourceNotFoundException", "Message": _NO_POLICY}


def _name_the_error(parsed: dict[str, Any], **_: Any) -> None:
    """Set errorType as AWS does: `Runtime.…` if the code cannot be loaded.

    AWS names a handler's error by the exception's class. MiniStack returns a RuntimeError for the
    former and Runtime.HandlerError for the latter.
    """
    from botocore.response import StreamingBody  # noqa: PLC0415  (loads the SDK only if needed)

    if not parsed.get("FunctionError"):
        return
    content = parsed["Payload"].read()
    error = json.loads(content)
    if error.get("errorType") == "Runtime.HandlerError":
        content = json.dumps({**error, "errorType": "Exception"}).encode()
    elif str(error.get("errorMessage", "")).startswith(_NOT_LOADED):
        message = error["errorMessage"].removeprefix(_NOT_LOADED)
        content = json.dumps(_not_loaded(parsed, message)).encode()
    elif str(error.get("errorMessage", "")).startswith(_ENDED):  # sys.exit() during loading
        content = json.dumps({**error, "errorType": "Runtime.ExitError"}).encode()
        _report_in_log(parsed, "Runtime.ExitError")
    parsed["Payload"] = StreamingBody(io.BytesIO(content), len(content))


def _not_loaded(parsed: dict[str, Any], message: str) -> dict[str, Any]:
    """Return AWS's answer: an exception of the code by its class, with the line in /var/task."""
    raised = _RAISED.fullmatch(message)
    if not raised:
        return {"errorType": "Runtime.ImportModuleError", "errorMessage": message}
    kind, said, file, line = raised.groups()
    _report_in_log(parsed, kind)
    frame = f'  File "/var/task/{file}", line {line}, in <module>\n'
    return {"errorType": kind, "errorMessage": said, "stackTrace": [frame]}


def _report_in_log(parsed: dict[str, Any], kind: str) -> None:
    """Add the line that loading the code failed to the end of the log."""
    log = base64.b64decode(parsed.get("LogResult", "")) + _INIT_REPORT.format(kind).encode()
    parsed["LogResult"] = base64.b64encode(log).decode()
