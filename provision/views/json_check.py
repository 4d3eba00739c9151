"""Builds the part of a JSON document that says what the checks found (docs/json.md)."""

from __future__ import annotations

from typing import Any

from provision.workflows.checks.runner import Checked
from provision.workflows.checks.verdict import CheckOutcome, CheckStatus


def check_fields(checked: Checked) -> dict[str, Any]:
    """Return the outcomes and their counts, and what was not asked."""
    return {
        "checks": [_outcome(outcome) for outcome in checked.outcomes],
        "not_asked": [{"subject": one.subject, "reason": one.reason} for one in checked.not_asked],
        "summary": {status.value: checked.count(status) for status in CheckStatus},
    }


def _outcome(outcome: CheckOutcome) -> dict[str, Any]:
    verdict = outcome.verdict
    return {
        "id": outcome.check,
        "subject": outcome.subject or None,
        "result": verdict.status.value,
        "want": verdict.want or None,
        "have": verdict.have or None,
        "reason": verdict.reason or None,
        "seconds": round(outcome.seconds, 2),
    }
