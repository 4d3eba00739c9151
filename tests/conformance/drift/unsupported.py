"""Features that MiniStack lacks (docs/emulators.md)."""

from __future__ import annotations

from typing import Final

from provision import local
from tests.conformance.drift.case import Case

_SHOWS: Final = {"kms.key": {"state": "variables are shown with any state of their key"}}
"""Attributes that it shows and AWS does not, so that the states look alike."""


def lacking(case: Case, kind: str) -> str:
    """Return why the case cannot be tried there, or nothing if it can."""
    lacks = {**local.UNREADABLE_FIELDS.get(kind, {}), **_SHOWS.get(kind, {})}
    return local.UNSUPPORTED_KINDS.get(kind) or lacks.get(case.field, "")
