"""The directory in which the emulator of a configuration keeps its data."""

from __future__ import annotations

import os
from pathlib import Path

from provision.files import HOME


def emulator_directory(config: Path, state: Path | None) -> Path:
    """Return `.provision/emulator` next to the configuration.

    If that cannot be written, return `emulator` in the directory that `--state` names. All states
    of one folder share its emulator, as they would share an account.
    """
    usual = config.resolve().parent / HOME / "emulator"
    if state is None or _is_writable(usual):
        return usual
    return state.resolve() / "emulator"


def _is_writable(directory: Path) -> bool:
    """Return whether files can be created in the directory, or the directory if it is missing."""
    here = directory
    while not here.exists() and here != here.parent:
        here = here.parent
    return here.is_dir() and os.access(here, os.W_OK | os.X_OK)
