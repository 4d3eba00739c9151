"""The error for a requested environment that the file does not list, perhaps a misspelt name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from provision.config.problems import listed, suggest
from provision.errors import UsageError


class UnlistedEnvironment(UsageError):
    """A requested environment that the file does not list.

    It could still be created, with the settings that the file has for every environment.
    """

    def __init__(self, path: Path, name: str, known: Iterable[str]) -> None:
        self.name = name
        names = list(known)
        near = suggest(name, names) or f"it has {listed(names)}"
        super().__init__(f'{path} has no environment "{name}"; {near}')


Unlisted = Callable[[UnlistedEnvironment], None]
"""Decides about such a name: raises the error if the name is not intended."""


def accept(_: UnlistedEnvironment) -> None:
    """Accept every name."""
