"""A home with a small stack, `provision` as a user calls it, and time a hundred times as fast."""

from __future__ import annotations

import pytest

from provision.clock import Clock
from tests.test_cli import Provision, home, provision

__all__ = ["Provision", "home", "provision"]


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    sleep, now = Clock.sleep, Clock.now
    monkeypatch.setattr(Clock, "sleep", lambda self, seconds: sleep(self, seconds / 100))
    monkeypatch.setattr(Clock, "now", lambda self: now(self) * 100)
