"""What MiniStack has not the means for (docs/emulators.md)."""

from __future__ import annotations

from provision import local
from tests.drift.case import Case


def lacking(case: Case, kind: str) -> str:
    """Why the case cannot be tried there; empty where it can."""
    return local.SKIPS.get(kind) or local.FORGETS.get(kind, {}).get(case.field, "")
