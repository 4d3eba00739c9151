"""What moto bends of Lambda."""

from __future__ import annotations

import pytest


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing yet."""
