"""What MiniStack has not, and why (docs/emulators.md)."""

from __future__ import annotations

from typing import Final

from provision import local
from tests.drift.case import GONE, Case

_LACKING: Final[dict[str, str]] = {}
"""What was changed, by the name of the change → what MiniStack does instead."""


def lacking(case: Case, kind: str) -> str:
    """Why the case cannot be tried there; empty where it can."""
    if reason := local.SKIPS.get(kind):
        return reason
    if reason := local.FORGETS.get(kind, {}).get(case.field):
        return reason
    return _LACKING.get(case.place, "")


__all__ = ["GONE", "lacking"]
