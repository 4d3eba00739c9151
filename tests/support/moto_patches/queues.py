"""Corrections of moto's SQS."""

from __future__ import annotations

from typing import Any

import pytest
from moto.sqs.models import Queue


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SetQueueAttributes keep the policy unless it names it."""
    set_attributes = Queue._set_attributes

    def set_named(self: Any, attributes: dict[str, Any], now: float | None = None) -> None:
        kept = getattr(self, "policy", None)
        set_attributes(self, attributes, now)
        if "Policy" not in attributes and kept:
            self.policy = kept

    monkeypatch.setattr(Queue, "_set_attributes", set_named)
