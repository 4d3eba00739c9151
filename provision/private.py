"""Directories that nobody but their owner may look into."""

from __future__ import annotations

from pathlib import Path


def make_private(directory: Path) -> None:
    """Make it, and what is missing above it: `parents=True` would leave that open to everybody."""
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
