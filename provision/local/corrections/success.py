"""The response of a correction that answers in the emulator's place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Success:
    """The part of an HTTP response that botocore reads when a hook answers."""

    status_code: int = 200
