"""The journal of `refresh`, which keeps a state that cannot be read aside and does without it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from provision.errors import StateUnreadable
from provision.state.journal import Journal
from provision.state.record import Kinds

ASIDE: Final = "unreadable"
"""The suffix of a file that is kept aside; a number follows it."""


class Disposable(Journal):
    """A journal that begins without the records that cannot be read.

    Only a journal opened for writing moves a file aside, before it writes another in its place.
    A state of another stack or of a newer provision can be read, and is refused as in `Journal`.
    """

    def __init__(
        self, directory: Path, stack: str, kinds: Kinds, moved: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(directory, stack, kinds, moved)
        self.aside: dict[Path, str] = {}
        """Path at which a file is kept aside → why it could not be read."""

    def _load_snapshot(self, path: Path) -> None:
        try:
            super()._load_snapshot(path)
        except StateUnreadable as error:
            self.pinned = None
            self.records = {}
            self._set_aside(path, error)

    def _load_log(self, path: Path) -> None:
        before = dict(self.records)
        try:
            super()._load_log(path)
        except StateUnreadable as error:
            self.records = before
            self._set_aside(path, error)

    def _refuse_circle(self) -> None:
        try:
            super()._refuse_circle()
        except StateUnreadable as error:
            self.records = {}
            for name in ("state.json", "journal.jsonl"):
                if (self.directory / name).exists():
                    self._set_aside(self.directory / name, error)

    def _set_aside(self, path: Path, error: StateUnreadable) -> None:
        if not self._lock.is_locked:
            return
        names = (f"{path.name}.{ASIDE}-{number}" for number in itertools.count(1))
        free = next(path.with_name(name) for name in names if not path.with_name(name).exists())
        path.rename(free)
        self.aside[free] = error.message
