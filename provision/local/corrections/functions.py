"""Lambda: what is unset is absent, a policy is the one that was asked for, and a failed call says
whether the code could be loaded.
"""

from __future__ import annotations

import base64
import io
import json
from typing import Any, Final

_NOT_LOADED: Final = "Worker init failed: "
_ENDED: Final = "Worker process exited immediately"
_INIT_REPORT: Final = (
    "INIT_REPORT Init Duration: 0.00 ms\tPhase: init\tStatus: error"
    "\tError Type: Runtime.ExitError\n"
)
_NO_POLICY: Final = "No policy is associated with the given resource."
_UNQUALIFIED: Final = 6
"""Colons in a function's ARN; an alias or a version adds one."""


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
    """AWS leaves DeadLetterConfig out once its target is set to "", here it stays, with ""."""
    configuration = parsed.get("Configuration", parsed)
    if not configuration.get("DeadLetterConfig", {}).get("TargetArn"):
        configuration.pop("DeadLetterConfig", None)


def _drop_the_qualified(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    """AWS shows a function's own policy without what stands on its aliases; here it shows all."""
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
    """AWS names a failure to load the code `Runtime.…`, and one of the handler by the exception's
    class; here the first is a RuntimeError, and the second Runtime.HandlerError."""
    from botocore.response import StreamingBody  # noqa: PLC0415  (nothing here loads the SDK)

    if not parsed.get("FunctionError"):
        return
    content = parsed["Payload"].read()
    error = json.loads(content)
    if error.get("errorType") == "Runtime.HandlerError":
        content = json.dumps({**error, "errorType": "Exception"}).encode()
    elif str(error.get("errorMessage", "")).startswith(_NOT_LOADED):
        message = error["errorMessage"].removeprefix(_NOT_LOADED)
        told = {"errorType": "Runtime.ImportModuleError", "errorMessage": message}
        content = json.dumps(told).encode()
    elif str(error.get("errorMessage", "")).startswith(_ENDED):  # while it was loaded: sys.exit()
        content = json.dumps({**error, "errorType": "Runtime.ExitError"}).encode()
        log = base64.b64decode(parsed.get("LogResult", "")) + _INIT_REPORT.encode()
        parsed["LogResult"] = base64.b64encode(log).decode()
    parsed["Payload"] = StreamingBody(io.BytesIO(content), len(content))
