"""Builds the JSON document of every command on the stack (docs/json.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from provision.aws.access import CallCounts
from provision.engine.timing import PathStep
from provision.errors import ProvisionError
from provision.model.risks import Impact, Risk
from provision.permissions.policies import Policy
from provision.plan.change import Action, Cause, FieldDiff, ResourceChange
from provision.plan.risks import risks_of
from provision.plan.value_diff import MISSING, ValueDiff, diff_values
from provision.sanitizing.masking import MASKED, Masked
from provision.stack.inputs import StackInputs
from provision.steps.apigateway.api_key import ApiKey
from provision.steps.apigateway.rest_api.api import RestApi
from provision.steps.apigateway.rest_api.public import authorized_routes, public_routes
from provision.unknown import KNOWN_AFTER_UP, Unknown
from provision.views.json_check import check_fields
from provision.views.json_head import SCHEMA, as_text, error_fields
from provision.workflows.checks.runner import Checked
from provision.workflows.health import Health
from provision.workflows.leftovers import Leftover
from provision.workflows.refresh import RecordStatus, RefreshResult
from provision.workflows.removal_report import RemovalReport
from provision.workflows.troubles import troubles


def run_document(
    inputs: StackInputs,
    calls: CallCounts,
    changes: Mapping[str, ResourceChange],
    *,
    failed: Mapping[str, ProvisionError],
    outputs: Mapping[str, str],
    seconds: float,
    longest: Sequence[PathStep],
    health: Health | None = None,
    error: ProvisionError | None = None,
    removal: RemovalReport | None = None,
    checked: Checked | None = None,
) -> str:
    """Return the document of plan, up, push, down and status."""
    counts = Counter(change.action for change in changes.values())
    summary = {action.value: counts[action] for action in Action} | {"failed": len(failed)}
    answer: dict[str, Any] = {
        **head(inputs),
        "account": inputs.location.account,
        "resources": [_resource(f, failed.get(node)) for node, f in changes.items()],
        "summary": summary,
        "causes": _causes(changes),
        "risks": _risk_counts(changes),
        "public": _public(changes),
        "authorized": _authorized(changes),
        "outputs": _nested(outputs),
        "calls": call_counts(calls),
        "seconds": round(seconds, 2),
        "longest": [_path_step(step) for step in longest],
        "error": error_fields(error) if error else None,
    }
    if health:
        problems = [trouble.sentence for trouble in troubles(changes, health)]
        answer["health"] = {**asdict(health), "problems": problems}
    if removal is not None:
        answer["removal"] = _removal(removal)
    if checked is not None:
        answer["check"] = check_fields(checked)
    return as_text(answer, _plain)


def refresh_document(
    inputs: StackInputs,
    calls: CallCounts,
    found: RefreshResult,
    aside: Mapping[Path, str],
    *,
    seconds: float,
) -> str:
    """Return the document of refresh. `aside` has unreadable state files, and why they are."""
    counts = Counter(entry.fate for entry in found.entries)
    answer = {
        **head(inputs),
        "account": inputs.location.account,
        "records": [asdict(entry) for entry in found.entries],
        "summary": {fate.value: counts[fate] for fate in RecordStatus},
        "aside": [{"file": str(file), "reason": why} for file, why in aside.items()],
        "calls": call_counts(calls),
        "seconds": round(seconds, 2),
        "error": None,
    }
    return as_text(answer)


def keys_document(stack: str, keys: Mapping[str, ApiKey]) -> str:
    """Return the document of the API keys, without their values.

    `retired_on` is null for the key that clients are to use.
    """
    listed: list[dict[str, Any]] = []
    for name, key in keys.items():
        if not key.due:
            listed.append(_key(name, key.id, key.made_on, None, enabled=key.enabled))
        listed += [
            _key(name, old.id, old.made_on, old.retired_on, enabled=old.enabled)
            for old in key.retired
        ]
    return as_text({"schema": SCHEMA, "stack": stack, "keys": listed})


def policies_document(
    inputs: StackInputs, policies: Sequence[Policy], more: Mapping[str, object]
) -> str:
    """Return the document of IAM policies. `more` is what only one of their commands reports."""
    listed = [
        {"name": each.name, "characters": each.characters, "document": each.document}
        for each in policies
    ]
    return as_text({**head(inputs), **more, "policies": listed})


def outputs_document(outputs: Mapping[str, str]) -> str:
    """Return the document of the outputs. It has no head: scripts read each output by its name."""
    return as_text(_nested(outputs))


def _nested(outputs: Mapping[str, str]) -> dict[str, Any]:
    """Return the outputs with those of one sort together: `{"table_names": {"items": …}}`."""
    answer: dict[str, Any] = {}
    for name, value in outputs.items():
        sort, _, key = name.partition(".")
        if key:
            answer.setdefault(sort, {})[key] = value
        else:
            answer[name] = value
    return answer


def head(inputs: StackInputs) -> dict[str, Any]:
    """Return what identifies the stack. The policies' document, made offline, has no account."""
    return {
        "schema": SCHEMA,
        "stack": inputs.config.prefix,
        "environment": inputs.config.environment,
        "region": inputs.location.region,
    }


def call_counts(calls: CallCounts) -> dict[str, int]:
    """Return how many calls were made, as documents contain it."""
    return {"read": calls.read, "write": calls.write}


def _path_step(step: PathStep) -> dict[str, Any]:
    return {"node": step.node or None, "doing": step.doing, "seconds": round(step.seconds, 3)}


def _removal(report: RemovalReport) -> dict[str, Any]:
    return {
        "removed": [change.node for change in report.removed],
        "kept": [{"node": f.node, "name": f.label, "reason": f.reason} for f in report.kept],
        "finishing": [{"node": n, "reason": words} for n, words in report.in_progress.items()],
        "backups": [{"node": node, **asdict(one)} for node, one in report.backups.items()],
        "leftovers": [_leftover(one) for one in report.search.found],
        "unasked": list(report.search.not_searched),
    }


def _leftover(leftover: Leftover) -> dict[str, str | bool]:
    return {
        "arn": leftover.arn,
        "node": leftover.node,
        "seen": leftover.confirmed,
        "remove": leftover.delete_command,
        "goes": leftover.goes,
    }


def _key(
    name: str, key_id: str, made_on: str, retired_on: str | None, *, enabled: bool
) -> dict[str, Any]:
    return {
        "name": name,
        "id": key_id,
        "enabled": enabled,
        "made_on": made_on,
        "retired_on": retired_on,
    }


def _causes(changes: Mapping[str, ResourceChange]) -> dict[str, int]:
    """Count the written nodes by cause. A node with two causes counts for both."""
    counts = Counter(cause for change in changes.values() for cause in change.causes)
    return {cause.value: counts[cause] for cause in Cause}


def _risk_counts(changes: Mapping[str, ResourceChange]) -> dict[str, int]:
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
        "messages": change.messages or None,
        "cause": change.cause.value if change.cause and change.causes else None,
        "changes": [_change(diff) for diff in change.diffs],
        "risks": [_risk(risk) for risk in risks_of(change)],
        "error": _node_error(error) if error else None,
    }


def _public(changes: Mapping[str, ResourceChange]) -> list[str]:
    """Return the routes that need no key, as wanted; as they are if the stack is removed."""
    return [route.label for api in _apis(changes) for route in public_routes(api.routes)]


def _authorized(changes: Mapping[str, ResourceChange]) -> dict[str, list[str]]:
    """Return the routes of each authorizer, likewise."""
    return {
        auth: [route.label for route in routes]
        for api in _apis(changes)
        for auth, routes in authorized_routes(api.routes).items()
    }


def _apis(changes: Mapping[str, ResourceChange]) -> list[RestApi]:
    return [
        each
        for change in changes.values()
        if isinstance(each := change.want or change.have, RestApi)
    ]


def _node_error(error: ProvisionError) -> dict[str, str]:
    return {"code": error.code, "message": "\n".join(error.lines), "hint": error.hint}


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
