"""Describes the invocations by which a run tried whether the code of versions can be imported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TriedImport:
    """One such invocation: the id that the function's log has, and what kept it from running."""

    function: str
    version: str
    request: str
    error: str = ""
