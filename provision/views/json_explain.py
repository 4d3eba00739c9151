"""Builds the JSON documents of explain (docs/json.md). It imports no AWS SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from provision.views.json_head import SCHEMA, as_text

if TYPE_CHECKING:
    from provision.config import Config
    from provision.workflows.checks.descriptions import CheckDescription
    from provision.workflows.explanations.entries import ErrorEntry, WordEntry
    from provision.workflows.explanations.keys import KeyPage
    from provision.workflows.explanations.kinds import KindPage
    from provision.workflows.explanations.nodes import NodePage

Words = Callable[[str], str]


def error_entry(code: str, entry: ErrorEntry, page: str, words: Words) -> dict[str, Any]:
    """Return the explanation of an error's code as documents contain it."""
    return {
        "sort": "error",
        "code": code,
        "exit_code": entry.exit_code,
        "meaning": entry.meaning,
        "causes": list(entry.causes),
        "remedies": [words(each) for each in entry.remedies],
        "page": page,
    }


def word_entry(word: str, entry: WordEntry, words: Words) -> dict[str, Any]:
    """Return the explanation of a word as documents contain it."""
    return {"sort": "word", "word": word, "meaning": words(entry.meaning), "page": entry.page}


def check_entry(name: str, check: CheckDescription, *, writes: bool) -> dict[str, Any]:
    """Return the description of a check as documents contain it."""
    return {
        "sort": "check",
        "check": name,
        "promise": check.promise,
        "asks": check.asks,
        "passes": check.passes,
        "writes": writes,
    }


def command_entry(command: str, summary: str) -> dict[str, Any]:
    """Return the summary of a command as documents contain it."""
    return {"sort": "command", "command": command, "summary": summary}


def keys_entry(pages: Iterable[KeyPage]) -> dict[str, Any]:
    """Return keys of config.yaml as documents contain them."""
    keys = [{"key": one.path, "takes": one.takes, "meaning": one.meaning} for one in pages]
    return {"sort": "key", "keys": keys}


def kind_entry(page: KindPage) -> dict[str, Any]:
    """Return the page of a kind as documents contain it."""
    return {
        "sort": "kind",
        "kind": page.kind,
        "meaning": page.meaning,
        "fields": {
            "replace": list(page.fixed),
            "in_place": list(page.in_place),
            "chosen_by_aws": list(page.chosen_by_aws),
        },
        "replacing": page.replacing or None,
        "holds_data": page.holds_data,
        "risks": [
            {
                "operation": each.operation,
                "risk": each.risk.impact.value,
                "why": each.risk.why,
                "seconds": each.risk.seconds or None,
                "longest": each.risk.longest or each.risk.seconds or None,
            }
            for each in page.risks
        ],
        "limits": [
            {"of": each.what, "most": each.most, "unit": each.unit, "quota": each.quota or None}
            for each in page.limits
        ],
        "operations": {
            "read": list(page.reads),
            "write": list(page.writes),
            "delete": list(page.deletes),
        },
        "permissions": [
            {
                "action": each.action,
                "resources": list(each.resources),
                "conditions": [test._asdict() for test in each.conditions],
            }
            for each in page.permissions
        ],
    }


def node_entry(page: NodePage) -> dict[str, Any]:
    """Return the page of a node as documents contain it."""
    return {
        "sort": "node",
        "node": page.node,
        "name": page.label,
        "file": page.file,
        "line": page.line or None,
        "key": page.key,
        "needs": list(page.needs),
        "needed_by": list(page.needed_by),
        "kind": kind_entry(page.kind),
    }


def overview_entry(
    errors: Mapping[str, ErrorEntry],
    kinds: Iterable[str],
    words: Iterable[str],
    checks: Mapping[str, CheckDescription],
) -> dict[str, Any]:
    """Return everything that can be explained, but for nodes, keys and commands."""
    return {
        "sort": "list",
        "errors": [
            {"code": code, "exit_code": entry.exit_code, "meaning": entry.meaning}
            for code, entry in errors.items()
        ],
        "kinds": list(kinds),
        "words": list(words),
        "checks": [{"id": name, "promise": check.promise} for name, check in checks.items()],
    }


def explain_document(explains: Mapping[str, Any], config: Config | None, seconds: float) -> str:
    """Return the document of explain. Only a node has a stack."""
    return as_text(
        {
            "schema": SCHEMA,
            "stack": config.prefix if config else None,
            "environment": config.environment if config else None,
            "region": config.region if config else None,
            "account": config.account if config else None,
            "explains": dict(explains),
            "calls": {"read": 0, "write": 0},
            "seconds": round(seconds, 2),
            "error": None,
        }
    )
