"""The one JSON document that plan, up, down and status print with --json (design contract, schema
1).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from provision.aws import Aws
from provision.errors import ProvisionError
from provision.finding import Action, Change, Finding
from provision.health import Health
from provision.stack.site import Site
from provision.timing import Link
from provision.unknown import KNOWN_AFTER_UP, Unknown


def document(
    site: Site,
    aws: Aws,
    findings: Mapping[str, Finding],
    *,
    failed: Mapping[str, ProvisionError],
    outputs: Mapping[str, str],
    seconds: float,
    longest: Sequence[Link],
    health: Health | None = None,
    error: ProvisionError | None = None,
    removal: Mapping[str, Any] | None = None,
) -> str:
    counts = Counter(finding.action for finding in findings.values())
    summary = {action.value: counts[action] for action in Action} | {"failed": len(failed)}
    answer: dict[str, Any] = {
        "schema": 1,
        "stack": site.config.prefix,
        "environment": site.config.environment,
        "region": site.where.region,
        "account": site.where.account,
        "resources": [_resource(f, failed.get(node)) for node, f in findings.items()],
        "summary": summary,
        "outputs": dict(outputs),
        "calls": {"read": aws.calls.read, "write": aws.calls.write},
        "seconds": round(seconds, 2),
        "longest": [link.document for link in longest],
        "error": error.document if error else None,
    }
    if health:
        answer["health"] = {**asdict(health), "problems": list(health.problems)}
    if removal is not None:
        answer["removal"] = dict(removal)
    return json.dumps(answer, indent=2, default=_plain)


def _resource(finding: Finding, error: ProvisionError | None) -> dict[str, Any]:
    return {
        "node": finding.node,
        "kind": finding.kind,
        "name": finding.label,
        "action": finding.action.value,
        "reason": finding.reason or None,
        "holds": asdict(finding.holdings) if finding.holdings else None,
        "changes": [_change(change) for change in finding.changes],
        "error": {"message": error.message, "hint": error.hint} if error else None,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "field": change.field,
        "want": change.want,
        "have": change.have,
        "cause": change.cause.value,
    }


def _plain(value: object) -> Any:
    if isinstance(value, Unknown):
        return f"({KNOWN_AFTER_UP})"
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no place in an answer")
