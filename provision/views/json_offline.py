"""Builds the JSON documents of commands that call no AWS (docs/json.md). It imports no AWS SDK."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provision.views.json_head import SCHEMA, as_text


def project_document(
    stack: str,
    environment: str,
    region: str,
    *,
    folder: Path,
    template: str,
    files: Sequence[str],
    overwritten: Sequence[str],
    following: str,
    seconds: float,
) -> str:
    """Return the document of init. `following` is the command to type next."""
    return as_text(
        {
            "schema": SCHEMA,
            "stack": stack,
            "environment": environment,
            "region": region,
            "account": None,
            "directory": str(folder),
            "template": template,
            "files": list(files),
            "overwritten": list(overwritten),
            "next": following,
            "calls": {"read": 0, "write": 0},
            "seconds": round(seconds, 2),
            "error": None,
        }
    )
