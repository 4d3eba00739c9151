"""Builds the JSON documents of commands that call no AWS (docs/json.md). It imports no AWS SDK."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provision.views.json_head import SCHEMA, as_text
from provision.workflows.new_project import Written


def project_document(
    made: Written,
    folder: Path,
    template: str,
    others: Sequence[str],
    following: str,
    seconds: float,
) -> str:
    """Return the document of init. `following` is the command to type next.

    `others` are files in the folder that only another template has.
    """
    return as_text(
        {
            "schema": SCHEMA,
            "stack": made.config.prefix,
            "environment": made.config.environment,
            "region": made.config.region,
            "account": None,
            "directory": str(folder),
            "template": template,
            "files": list(made.files),
            "overwritten": list(made.overwritten),
            "extended": list(made.extended),
            "kept": list(made.kept),
            "of_other_templates": list(others),
            "next": following,
            "calls": {"read": 0, "write": 0},
            "seconds": round(seconds, 2),
            "error": None,
        }
    )
