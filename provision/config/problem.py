"""What is wrong with config.yaml: one Problem each with file, line and key, all in one error."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from provision.errors import ProvisionError

_NAMED = 3
"""Files that a hint names before it only points at the list."""


@dataclass(frozen=True)
class Problem:
    """One thing to correct. `line` and `column` count from 1; 0 when it concerns no line. A warning
    is shown and stops nothing."""

    file: str
    line: int
    column: int
    key: str
    message: str
    suggestion: str = ""
    warning: bool = False
    absent: bool = False
    """The file itself is not there: nothing in it can be corrected."""

    @property
    def place(self) -> tuple[str, int, int, str]:
        """Where it is; of two problems there, one is enough."""
        return self.file, self.line, self.column, self.key

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        parts = [where, self.key, self.message] if self.key else [where, self.message]
        return ": ".join(parts) + (f"; {self.suggestion}" if self.suggestion else "")


class ConfigInvalid(ProvisionError):
    """The configuration cannot be used; every problem found in it is listed."""

    exit_code = 3

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = list(problems)
        files = list(dict.fromkeys(problem.file for problem in found))
        self.problems = tuple(
            sorted(found, key=lambda each: (files.index(each.file), each.line, each.column))
        )
        named = " and ".join(files) if len(files) <= _NAMED else "these files"
        typed = all(file.startswith("--") for file in files)
        check = f"Correct {named}, then: `provision config check`"
        if all(problem.absent for problem in found):
            check = "README.md shows how a project begins; the sample there has a config.yaml"
        first, *more = [str(problem) for problem in self.problems]
        super().__init__(
            first,
            more=more,
            hint=f"Give another {named}" if typed else check,
        )


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean "read"?`, or nothing when no known word is like it."""
    by_lower = {each.lower(): each for each in known}
    like = difflib.get_close_matches(word.lower(), by_lower, n=5, cutoff=0.6)
    # Letters changed places more often than others came in: us-esat-1 is not us-west-1.
    like.sort(key=lambda each: sorted(each) != sorted(word.lower()))
    return f'did you mean "{by_lower[like[0]]}"?' if like else ""
