"""Records every call of a client as a span of the trace: operation, status, tries, request id."""

from __future__ import annotations

from typing import Any, Final

from provision.trace import Trace

_SPAN: Final = "provision.span"
"""The key of the span in the call's context, which botocore passes to every event of the call."""


def trace_calls(trace: Trace, client: Any) -> None:
    """Record every later call of the client, but never requests and answers: they may be secret."""

    def before(model: Any, context: dict[str, Any], **_: Any) -> None:
        name = f"{model.service_model.service_name}:{model.name}"
        context[_SPAN] = trace.begin(name, "call")

    def after(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        answer = parsed.get("ResponseMetadata", {})
        facts: dict[str, str | int] = {
            "status": answer.get("HTTPStatusCode", 0),
            "tries": answer.get("RetryAttempts", 0) + 1,
            "request id": answer.get("RequestId", ""),
        }
        if code := parsed.get("Error", {}).get("Code"):
            facts["error"] = str(code)
        trace.end(context.pop(_SPAN, None), facts)

    def failed(exception: BaseException, context: dict[str, Any], **_: Any) -> None:
        trace.end(context.pop(_SPAN, None), {"failed": type(exception).__name__})

    events = client.meta.events
    events.register_last("before-call.*.*", before)
    events.register_first("after-call.*.*", after)
    events.register_first("after-call-error.*.*", failed)
