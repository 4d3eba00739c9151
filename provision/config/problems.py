"""What is wrong with config.yaml: one Problem each with file, line and key, all in one error."""

from __future__ import annotations

import difflib
from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from provision.errors import ProvisionError

_COMPARED = 40
"""Known words up to which a misspelt one is compared with each, letter by letter."""
_BESIDE = 8
"""Of more known words, how many on either side are compared."""
_LONGEST = 256
"""Characters of a word that is compared with others: the time grows with their square."""
_MOST_GUESSED = 1_000
"""Words that are compared with the same known ones: of thousands of mistakes few are told."""
_LISTED = 30
MOST_TOLD = 50
"""Problems that are told at once: nobody reads more, and a log would have to hold them."""
_LONGEST_KEY = 300
_LONGEST_TEXT = 2_000
"""Characters of what a problem quotes: whoever writes the file chooses how long that is."""
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

    def __post_init__(self) -> None:
        """Whatever it quotes, it is short."""
        object.__setattr__(self, "key", clipped(self.key, _LONGEST_KEY))
        object.__setattr__(self, "message", clipped(self.message, _LONGEST_TEXT))
        object.__setattr__(self, "suggestion", clipped(self.suggestion, _LONGEST_TEXT))

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
        first, *more = told(self.problems)
        super().__init__(
            first,
            more=more,
            hint=f"Give another {named}" if typed else check,
        )


def clipped(text: str, most: int) -> str:
    """The text, its middle left out where it is longer."""
    if len(text) <= most:
        return text
    left = len(text) - most
    return f"{text[: most // 2]}… {left:,} characters …{text[len(text) - most // 2 :]}"


def told(problems: Sequence[Problem]) -> list[str]:
    """Each in a line; of very many the first, and how many more there are."""
    said = [str(problem) for problem in problems[:MOST_TOLD]]
    more = len(problems) - MOST_TOLD
    return [*said, f"and {more:,} more"] if more > 0 else said


def suggest(word: str, known: Iterable[str]) -> str:
    """`did you mean "read"?`, or nothing when no known word is like it."""
    words = _words(tuple(known))
    if word not in words.told and len(words.told) < _MOST_GUESSED:
        words.told[word] = _nearest(word.lower(), words.by_lower)
    return words.told.get(word, "")


@dataclass(frozen=True)
class _Words:
    """Known words by their small letters. `told`: what was said of others, for a file has each
    mistake once for every environment."""

    by_lower: dict[str, str]
    told: dict[str, str] = field(default_factory=dict)


@lru_cache(maxsize=64)
def _words(known: tuple[str, ...]) -> _Words:
    return _Words({each.lower(): each for each in known})


def _nearest(word: str, by_lower: dict[str, str]) -> str:
    likely = _likely(word, tuple(by_lower))
    like = difflib.get_close_matches(word, likely, n=5, cutoff=0.6)
    # Letters changed places more often than others came in: us-esat-1 is not us-west-1.
    like.sort(key=lambda each: sorted(each) != sorted(word))
    return f'did you mean "{by_lower[like[0]]}"?' if like else ""


def _likely(word: str, known: tuple[str, ...]) -> Sequence[str]:
    """Those that begin or end most alike: difflib takes a tenth of a second for a thousand words,
    and there may be a thousand mistakes."""
    if len(word) > _LONGEST:
        return ()
    if len(known) <= _COMPARED:
        return known
    forwards, backwards = _in_order(known)
    ends = _beside(backwards, word[::-1])
    return list(dict.fromkeys([*_beside(forwards, word), *(each[::-1] for each in ends)]))


def _beside(words: Sequence[str], word: str) -> Sequence[str]:
    """Those next to where the word would stand."""
    at = bisect(words, word)
    return words[max(0, at - _BESIDE) : at + _BESIDE]


@lru_cache(maxsize=64)
def _in_order(known: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Sorted by how they begin, and by how they end (written backwards)."""
    short = [each for each in known if len(each) <= _LONGEST]
    return sorted(short), sorted(each[::-1] for each in short)


def listed(words: Sequence[str]) -> str:
    """`a, b, c`, and how many more there are where nobody would read them all."""
    more = len(words) - _LISTED
    return ", ".join(words[:_LISTED]) + (f" and {more} more" if more > 0 else "")
