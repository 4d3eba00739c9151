"""Builds the JSON document of `logs`, and that of one line (docs/json.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from provision.aws.access import CallCounts
from provision.stack.inputs import StackInputs
from provision.views.json_documents import call_counts, head
from provision.views.json_head import as_text
from provision.workflows import json_text
from provision.workflows.logs.line import LogLine


def logs_document(
    inputs: StackInputs,
    calls: CallCounts,
    lines: Iterable[LogLine],
    *,
    truncated: bool,
    seconds: float,
) -> str:
    """Return the document of `logs`. `truncated`: older lines are left out."""
    return as_text(
        {
            **head(inputs),
            "account": inputs.location.account,
            "events": [_line(line) for line in lines],
            "truncated": truncated,
            "calls": call_counts(calls),
            "seconds": round(seconds, 2),
            "error": None,
        }
    )


def log_line_document(line: LogLine) -> str:
    """Return a line as one JSON object on one line."""
    return json.dumps(_line(line), allow_nan=False)


def _line(line: LogLine) -> dict[str, Any]:
    at = datetime.fromtimestamp(line.at / 1000, UTC)
    return {
        "at": f"{at:%Y-%m-%dT%H:%M:%S}.{line.at % 1000:03d}Z",
        "source": line.source,
        "node": line.node,
        "request": line.request or None,
        "invocation": line.invocation or None,
        "trace": line.trace or None,
        "import_check": line.own,
        "version": line.version or None,
        "level": line.level or None,
        "message": line.message,
        "fields": {name: json_text.as_part(value) for name, value in line.fields.items()},
    }
