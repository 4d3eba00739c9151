"""Builds the JSON documents of commands that use a stack: invoke (docs/json.md)."""

from __future__ import annotations

from provision.aws.access import CallCounts
from provision.errors import ProvisionError
from provision.stack.inputs import StackInputs
from provision.views.invoke import as_document
from provision.views.json_documents import call_counts, head
from provision.views.json_head import as_text, error_fields
from provision.workflows.invoke import Invoked


def invoke_document(
    inputs: StackInputs,
    calls: CallCounts,
    function: str,
    done: Invoked,
    error: ProvisionError | None,
    seconds: float,
) -> str:
    """Return the document of invoke. `payload_text` is null if the payload is JSON."""
    document = as_document(done.payload)
    text = done.payload.decode("utf-8", "replace")
    return as_text(
        {
            **head(inputs),
            "account": inputs.location.account,
            "function": function,
            "version": done.version or None,
            "status": done.status,
            "payload": document[0] if document else None,
            "payload_text": text if text and not document else None,
            "log": list(done.log),
            "duration_ms": done.report.duration_ms,
            "billed_ms": done.report.billed_ms,
            "memory_mb": done.report.used_mb,
            "request": done.request or None,
            "trace": done.report.trace or None,
            "calls": call_counts(calls),
            "seconds": round(seconds, 2),
            "error": error_fields(error) if error else None,
        }
    )
