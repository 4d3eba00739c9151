"""What moto bends of EC2 and IAM."""

from __future__ import annotations

import pytest


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing yet."""
