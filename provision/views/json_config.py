"""Builds the JSON document of config explain (docs/json.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provision.config import Config
from provision.config.examples import Fragment
from provision.config.values import FILE, ConfigValue, Origin
from provision.model.risks import Risk
from provision.views.json_head import SCHEMA, as_text
from provision.workflows.change_effects import Trial


def values_document(
    config: Config,
    values: Sequence[ConfigValue],
    trial: Trial | None,
    example: Sequence[Fragment],
    seconds: float,
) -> str:
    """Return the document. `trial` is of the one value that was asked for, `example` of its key."""
    return as_text(
        {
            "schema": SCHEMA,
            "stack": config.prefix,
            "environment": config.environment,
            "region": config.region,
            "account": config.account,
            "values": [_value(each, trial) for each in values],
            "example": [{"place": each.place, "lines": [*each.lines]} for each in example],
            "calls": {"read": 0, "write": 0},
            "seconds": round(seconds, 2),
            "error": None,
        }
    )


def _value(value: ConfigValue, trial: Trial | None) -> dict[str, Any]:
    schema = value.shape.schema
    return {
        "key": value.key,
        "value": value.value,
        "from": _origin(value.origin),
        "over": [{**_origin(each), "written": each.text} for each in value.over],
        "takes": value.shape.describe(),
        "required": "default" not in schema,
        "default": schema.get("default"),
        "meaning": value.shape.description,
        "changes": _changes(trial) if trial else None,
    }


def _origin(origin: Origin) -> dict[str, Any]:
    in_file = origin.sort == FILE
    return {
        "kind": origin.sort,
        "file": origin.file if in_file else None,
        "line": origin.line if in_file else None,
        "path": origin.path or None,
    }


def _changes(trial: Trial) -> dict[str, Any]:
    return {
        "tried": trial.value,
        "nodes": [
            {
                "node": each.node,
                "action": each.verb,
                "fields": list(each.fields),
                "risks": [_risk(risk) for risk in each.risks],
            }
            for each in trial.effects
        ],
    }


def _risk(risk: Risk) -> dict[str, Any]:
    return {
        "risk": risk.impact.value,
        "why": risk.why,
        "seconds": risk.seconds or None,
        "longest": risk.longest or risk.seconds or None,
    }
