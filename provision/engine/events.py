"""Defines the events that the engine reports while it works."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class NodeEvent(StrEnum):
    """An event of a node during a run."""

    OBSERVING = "looking"
    FOUND = "found"
    BEGUN = "begun"
    WAITING = "waiting"
    DONE = "done"
    SETTLED = "settled"
    FAILED = "failed"


EventListener = Callable[[str, NodeEvent, str], None]
"""Called with a node, an event, and words for it (an action, or what it waits for)."""


def report_nothing(node: str, event: NodeEvent, words: str) -> None:
    """Ignore the event, as an `EventListener`."""
