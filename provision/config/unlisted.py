"""An environment that was asked for and that the file does not list: a misspelt name, perhaps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from provision.config.problems import listed, suggest
from provision.errors import UsageError


class UnlistedEnvironment(UsageError):
    """The file has no such environment. It could be made all the same, with what the file says for
    every environment.
    """

    def __init__(self, path: Path, name: str, known: Iterable[str]) -> None:
        self.name = name
        names = list(known)
        near = suggest(name, names) or f"it has {listed(names)}"
        super().__init__(f'{path} has no environment "{name}"; {near}')


Unlisted = Callable[[UnlistedEnvironment], None]
"""Raises where the name is not meant."""


def accept(_: UnlistedEnvironment) -> None:
    """Every name is meant."""
