"""Builds the JSON documents of commands that use a stack: invoke, dlq and check (docs/json.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from provision.aws.access import CallCounts
from provision.errors import ProvisionError
from provision.stack.inputs import StackInputs
from provision.views.invoke import as_document
from provision.views.json_check import check_fields
from provision.views.json_documents import call_counts, head
from provision.views.json_head import as_text, error_fields
from provision.workflows.checks.runner import Checked
from provision.workflows.dead_letters import LetterQueue
from provision.workflows.invoke import Invoked
from provision.workflows.letter import Letter
from provision.workflows.redrive import Tried


def invoke_document(
    inputs: StackInputs,
    calls: CallCounts,
    function: str,
    done: Invoked,
    error: ProvisionError | None,
    seconds: float,
) -> str:
    """Return the document of invoke. `payload_text` is null if `payload` can have it."""
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
            "log_truncated": done.log_truncated,
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


def queues_document(
    inputs: StackInputs,
    calls: CallCounts,
    queues: Sequence[LetterQueue],
    ages: Mapping[str, int],
    seconds: float,
) -> str:
    """Return the document of dlq list; `ages` by queue, in seconds."""
    listed = [
        {
            "function": queue.function,
            "queue": queue.name,
            "waiting": queue.waiting,
            "in_flight": queue.in_flight,
            "oldest_seconds": ages.get(queue.name),
        }
        for queue in queues
    ]
    return _document(inputs, calls, {"queues": listed}, seconds)


def letters_document(
    inputs: StackInputs,
    calls: CallCounts,
    queue: LetterQueue | None,
    letters: Sequence[Letter],
    seconds: float,
    error: ProvisionError | None,
) -> str:
    """Return the document of dlq peek; `error` is about messages that are there and not seen."""
    listed = [_letter(letter, None, "") for letter in letters]
    return _document(inputs, calls, {**_queue(queue), "messages": listed}, seconds, error)


def kept_document(
    inputs: StackInputs,
    calls: CallCounts,
    queue: LetterQueue,
    file: str,
    saved: int,
    seconds: float,
) -> str:
    """Return the document of dlq save."""
    return _document(inputs, calls, {**_queue(queue), "file": file, "saved": saved}, seconds)


def purged_document(
    inputs: StackInputs, calls: CallCounts, queue: LetterQueue, deleted: int, seconds: float
) -> str:
    """Return the document of dlq purge."""
    return _document(inputs, calls, {**_queue(queue), "deleted": deleted}, seconds)


def redrive_document(
    inputs: StackInputs,
    calls: CallCounts,
    queue: LetterQueue | None,
    found: Sequence[Tried],
    seconds: float,
    error: ProvisionError | None,
) -> str:
    """Return the document of dlq redrive; `error` is what ended it early."""
    listed = [_letter(each.letter, each.outcome.value, each.why) for each in found]
    return _document(inputs, calls, {**_queue(queue), "messages": listed}, seconds, error)


def check_document(
    inputs: StackInputs,
    calls: CallCounts,
    checked: Checked,
    error: ProvisionError | None,
    seconds: float,
) -> str:
    """Return the document of check. Requests to the API itself are not among the calls."""
    return _document(inputs, calls, check_fields(checked), seconds, error)


def _document(
    inputs: StackInputs,
    calls: CallCounts,
    more: dict[str, Any],
    seconds: float,
    error: ProvisionError | None = None,
) -> str:
    return as_text(
        {
            **head(inputs),
            "account": inputs.location.account,
            **more,
            "calls": call_counts(calls),
            "seconds": round(seconds, 2),
            "error": error_fields(error) if error else None,
        }
    )


def _queue(queue: LetterQueue | None) -> dict[str, Any]:
    return {
        "queue": queue.name if queue else None,
        "waiting": queue.waiting if queue else 0,
        "in_flight": queue.in_flight if queue else 0,
    }


def _letter(letter: Letter, result: str | None, why: str) -> dict[str, Any]:
    """Return a message. `event` is its text if it is no JSON, or JSON that cannot be printed."""
    sent = datetime.fromtimestamp(letter.sent / 1000, UTC).isoformat(timespec="milliseconds")
    return {
        "id": letter.id,
        "sent": sent.replace("+00:00", "Z"),
        "received": letter.received,
        "error": letter.error or None,
        "code": letter.code or None,
        "request": letter.request or None,
        "event": letter.shown,
        "result": result,
        "why": why or None,
    }
