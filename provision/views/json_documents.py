"""Builds the JSON document of plan, up, push, down and status with --json (docs/json.md)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from provision.aws.client import Aws
from provision.engine.timing import PathStep
from provision.errors import ProvisionError
from provision.model.risks import Impact, Risk
from provision.plan.change import Action, Cause, FieldDiff, ResourceChange
from provision.plan.risks import risks_of
from provision.plan.value_diff import MISSING, ValueDiff, diff_values
from provision.sanitizing.masking import MASKED, Masked
from provision.stack.inputs import StackInputs
from provision.unknown import KNOWN_AFTER_UP, Unknown
from provision.workflows.health import Health
from provision.workflows.troubles import troubles


def document(
    inputs: StackInputs,
    aws: Aws,
    changes: Mapping[str, ResourceChange],
    *,
    failed: Mapping[str, ProvisionError],
    outputs: Mapping[str, str],
    seconds: float,
    longest: Sequence[PathStep],
    health: Health | None = None,
    error: ProvisionError | None = None,
    removal: Mapping[str, Any] | None = None,
) -> str:
    counts = Counter(change.action for change in changes.values())
    summary = {action.value: counts[action] for action in Action} | {"failed": len(failed)}
    answer: dict[str, Any] = {
        "schema": 1,
        "stack": inputs.config.prefix,
        "environment": inputs.config.environment,
        "region": inputs.location.region,
        "account": inputs.location.account,
        "resources": [_resource(f, failed.get(node)) for node, f in changes.items()],
        "summary": summary,
        "causes": _causes(changes),
        "risks": _harms(changes),
        "outputs": dict(outputs),
        "calls": {"read": aws.calls.read, "write": aws.calls.write},
        "seconds": round(seconds, 2),
        "longest": [link.document for link in longest],
        "error": error.document if error else None,
    }
    if health:
        problems = [trouble.sentence for trouble in troubles(changes, health)]
        answer["health"] = {**asdict(health), "problems": problems}
    if removal is not None:
        answer["removal"] = dict(removal)
    return json.dumps(answer, indent=2, default=_plain)


def _causes(changes: Mapping[str, ResourceChange]) -> dict[str, int]:
    """Count the written nodes by cause. A node with two causes counts for both."""
    counts = Counter(cause for change in changes.values() for cause in change.causes)
    return {cause.value: counts[cause] for cause in Cause}


def _harms(changes: Mapping[str, ResourceChange]) -> dict[str, int]:
    counts = Counter(risk.impact for f in changes.values() for risk in risks_of(f))
    return {impact.value: counts[impact] for impact in Impact}


def _resource(change: ResourceChange, error: ProvisionError | None) -> dict[str, Any]:
    return {
        "node": change.node,
        "kind": change.kind,
        "name": change.label,
        "action": change.action.value,
        "reason": change.reason or None,
        "holds": asdict(change.stored_data) if change.stored_data else None,
        "cause": change.cause.value if change.cause and change.causes else None,
        "changes": [_change(diff) for diff in change.diffs],
        "risks": [_risk(risk) for risk in risks_of(change)],
        "error": {"message": "\n".join(error.lines), "hint": error.hint} if error else None,
    }


def _change(diff: FieldDiff) -> dict[str, Any]:
    return {
        "field": diff.field,
        "want": diff.want,
        "have": diff.have,
        "cause": diff.cause.value,
        **({"left": diff.recorded} if diff.is_conflict else {}),
        "parts": [_part(part) for part in diff_values(diff.field, diff.have, diff.want)],
    }


def _part(part: ValueDiff) -> dict[str, Any]:
    """Return a value diff without the side that is missing."""
    sides = {"want": part.want, "have": part.have}
    return {"path": part.path} | {k: side for k, side in sides.items() if side is not MISSING}


def _risk(risk: Risk) -> dict[str, Any]:
    return {
        "risk": risk.impact.value,
        "why": risk.why,
        "seconds": risk.seconds or None,
        "longest": risk.longest or risk.seconds or None,
    }


def _plain(value: object) -> Any:
    if isinstance(value, Unknown):
        return f"({KNOWN_AFTER_UP})"
    if isinstance(value, Masked):
        return MASKED
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no place in an answer")
