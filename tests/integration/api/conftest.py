"""A shop that records the snapshot of every deployment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.api.shop import Shop, freezing
from tests.support.harness import Workshop


@pytest.fixture
def shop(workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop(tmp_path, workshop)
    freezing(monkeypatch, made.frozen)
    return made
