"""Lambda: what is unset is absent, and a failed call says whether the code could be loaded."""

from __future__ import annotations

import io
import json
from typing import Any, Final

from botocore.response import StreamingBody

_NOT_LOADED: Final = "Worker init failed: "


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
    events.register("after-call.lambda.Invoke", _name_the_error)


def _drop_unset_queue(parsed: dict[str, Any], **_: Any) -> None:
    """AWS leaves DeadLetterConfig out once its target is set to "", here it stays, with ""."""
    configuration = parsed.get("Configuration", parsed)
    if not configuration.get("DeadLetterConfig", {}).get("TargetArn"):
        configuration.pop("DeadLetterConfig", None)


def _name_the_error(parsed: dict[str, Any], **_: Any) -> None:
    """AWS names a failure to load the code `Runtime.…`, and one of the handler by the exception's
    class; here the first is a RuntimeError, and the second Runtime.HandlerError."""
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
    parsed["Payload"] = StreamingBody(io.BytesIO(content), len(content))
