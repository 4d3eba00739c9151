"""What a correction answers with in the emulator's stead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Success:
    """As much of an HTTP response as botocore looks at when a hook answers instead."""

    status_code: int = 200
