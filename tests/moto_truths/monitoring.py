"""What moto bends of CloudWatch, Logs, SNS and SQS."""

from __future__ import annotations

import pytest


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing yet."""
