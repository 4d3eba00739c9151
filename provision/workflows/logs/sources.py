"""Finds the log groups of a stack by its nodes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from provision.model.step import Step
from provision.steps.logs.log_group import LogGroup
from provision.unknown import is_known

API: Final = "api"
"""The name by which a user asks for the logs of API Gateway."""
ACCESS: Final = "api.access"
EXECUTION: Final = "api.execution"
_OF_API: Final = {"api.logs.access": ACCESS, "api.logs.execution": EXECUTION}
_FUNCTION, _LOGS = "function.", ".logs"


@dataclass(frozen=True)
class LogSource:
    """A log group of the stack: `api.access`, `api.execution` or `function.items`."""

    name: str
    node: str
    group: str

    @property
    def asked_as(self) -> str:
        """The name by which a user asks for it, and that screens show."""
        return API if self.name in {ACCESS, EXECUTION} else self.name.removeprefix(_FUNCTION)


def log_sources(steps: Mapping[str, Step], asked: Collection[str] = ()) -> list[LogSource]:
    """Return the log groups among these nodes: those asked for, or all of requests."""
    found = [
        LogSource(name, node, step.name)
        for node, step in steps.items()
        if isinstance(step, LogGroup) and is_known(step.name) and (name := _source_of(node))
    ]
    return [source for source in found if not asked or source.asked_as in asked]


def _source_of(node: str) -> str:
    """Return the source's name for a node, or "" for a group without requests."""
    if node.startswith(_FUNCTION) and node.endswith(_LOGS):
        return node.removesuffix(_LOGS)
    return _OF_API.get(node, "")
