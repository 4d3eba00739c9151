"""What MiniStack has not the means for (docs/emulators.md)."""

from __future__ import annotations

from typing import Final

from provision import local
from tests.conformance.drift.case import Case

_SHOWS: Final = {"kms.key": {"state": "variables are shown whatever their key"}}
"""What it shows more of than AWS, so that it is not told apart."""


def lacking(case: Case, kind: str) -> str:
    """Why the case cannot be tried there; empty where it can."""
    lacks = {**local.UNREADABLE_FIELDS.get(kind, {}), **_SHOWS.get(kind, {})}
    return local.UNSUPPORTED_KINDS.get(kind) or lacks.get(case.field, "")
