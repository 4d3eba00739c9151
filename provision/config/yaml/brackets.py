"""Reports a bracket that no line closes where it is, not where the parser noticed it."""

from __future__ import annotations

from typing import Final

import yaml

from provision.config.problems import Problem

_BRACKETS: Final = {"mapping": ("{", "}"), "sequence": ("[", "]")}
"""PyYAML's word for a collection in brackets -> its brackets."""


def not_closed(file: str, error: yaml.MarkedYAMLError) -> Problem | None:
    """Return the problem of a bracket that no line closes, at the bracket; None for any other."""
    begun, met = error.context_mark, error.problem_mark
    kind = (error.context or "").removeprefix("while parsing a flow ")
    if kind not in _BRACKETS or begun is None or met is None or begun.line == met.line:
        return None
    first, last = _BRACKETS[kind]
    at = f"line {met.line + 1}"
    said = f"not YAML: this {first} is not closed, and {at} does not continue it"
    instead = f"write the missing {last}, or a comma before {at}"
    return Problem(file, begun.line + 1, begun.column + 1, "", said, instead)
