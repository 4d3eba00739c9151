"""A fixture with the files that a configuration refers to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.sample import furnish


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return furnish(tmp_path)
