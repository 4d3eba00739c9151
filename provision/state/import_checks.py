"""Keeps which invocations were import checks, so that logs can mark them.

The file is no part of the state: without it, logs have no such labels, and `status` does not say
why a version is not live.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final

from provision.aws.tried_imports import TriedImport
from provision.files import read_private, replace_private

FILE: Final = "import-checks.jsonl"
_KEPT: Final = 200
"""The checks that are kept, the latest."""


def remember(directory: Path, found: Sequence[TriedImport]) -> None:
    """Add the checks of a run. A disk that takes none costs labels, not the run."""
    if not found:
        return
    with suppress(OSError):
        kept = [*recall(directory), *found][-_KEPT:]
        lines = "".join(f"{json.dumps(asdict(each))}\n" for each in kept)
        replace_private(directory / FILE, lines.encode())


def recall(directory: Path) -> list[TriedImport]:
    """Return the checks, oldest first; none of a file that is missing or damaged."""
    found = []
    with suppress(OSError, ValueError, TypeError, AttributeError, RecursionError):
        for line in (read_private(directory / FILE) or b"").decode().splitlines():
            fields = json.loads(line)
            if all(isinstance(each, str) for each in fields.values()):
                found.append(TriedImport(**fields))
    return found
