"""Lets the emulator read the first media type of a header alone, as API Gateway does (A46).

MiniStack compares the whole header with the binary media types: `image/png, */*` is none of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

Matches = Callable[[str | None, Sequence[str] | None], bool]


def install() -> None:
    """Patch MiniStack. Called once, in the emulator's process, before it serves."""
    gateway: Any = importlib.import_module("ministack.services.apigateway_v1")
    # MiniStack, pinned to one version, has no public interface for it.
    gateway._media_type_matches = partial(_first, gateway._media_type_matches)  # noqa: SLF001


def _first(matches: Matches, named: str | None, binary_types: Sequence[str] | None) -> bool:
    return matches((named or "").partition(",")[0], binary_types)
