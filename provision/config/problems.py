"""Problems of config.yaml, each with file, line and key, and the one error that lists them all."""

from __future__ import annotations

import difflib
from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from provision.errors import ProvisionError

_COMPARED = 40
"""The most known words of which each is compared with a misspelt one, letter by letter."""
_OTHER_CALLERS = 8
"""Of more known words, how many neighbours on either side are compared."""
_LONGEST = 256
"""The longest word that is compared, in characters: the time grows with their square."""
_MOST_GUESSED = 1_000
"""The most words compared with the same known ones: of thousands of mistakes few are reported."""
_LISTED = 30
MOST_TOLD = 50
"""The most problems reported at once: more would not be read, and would fill logs."""
_LONGEST_KEY = 300
_LONGEST_TEXT = 2_000
"""The most characters of a message or a suggestion: they quote the file, which is of any length."""
_NAMED = 3
"""The most files that a hint names; of more it says "these files"."""


@dataclass(frozen=True)
class Problem:
    """One error to correct, or a warning, which is shown and stops nothing.

    `line` and `column` count from 1; they are 0 if the problem concerns no line.
    """

    file: str
    line: int
    column: int
    key: str
    message: str
    suggestion: str = ""
    warning: bool = False
    absent: bool = False
    """Whether the file itself does not exist, so that nothing in it can be corrected."""

    def __post_init__(self) -> None:
        """Shorten the texts, which quote values of any length."""
        object.__setattr__(self, "key", clipped(self.key, _LONGEST_KEY))
        object.__setattr__(self, "message", clipped(self.message, _LONGEST_TEXT))
        object.__setattr__(self, "suggestion", clipped(self.suggestion, _LONGEST_TEXT))

    @property
    def place(self) -> tuple[str, int, int, str]:
        """The position; of several problems at one position, one is reported."""
        return self.file, self.line, self.column, self.key

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        parts = [where, self.key, self.message] if self.key else [where, self.message]
        return ": ".join(parts) + (f"; {self.suggestion}" if self.suggestion else "")


class ConfigInvalid(ProvisionError):
    """An error for a configuration that cannot be used; it lists every problem found."""

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
            check = "`provision init` begins a project here, with a config.yaml"
        first, *more = told(self.problems)
        super().__init__(
            first,
            more=more,
            hint=f"Give another {named}" if typed else check,
        )


def clipped(text: str, most: int) -> str:
    """Return the text; its middle is left out if it is longer than `most` characters."""
    if len(text) <= most:
        return text
    left = len(text) - most
    return f"{text[: most // 2]}… {left:,} characters …{text[len(text) - most // 2 :]}"


def told(problems: Sequence[Problem]) -> list[str]:
    """Return a line for each problem; of very many, the first and the number of the others."""
    said = [str(problem) for problem in problems[:MOST_TOLD]]
    more = len(problems) - MOST_TOLD
    return [*said, f"and {more:,} more"] if more > 0 else said


def suggest(word: str, known: Iterable[str]) -> str:
    """Return `did you mean "read"?`, or an empty text if no known word is similar."""
    words = _words(tuple(known))
    if word not in words.told and len(words.told) < _MOST_GUESSED:
        words.told[word] = _nearest(word.lower(), words.by_lower)
    return words.told.get(word, "")


@dataclass(frozen=True)
class _Words:
    """Known words by their lower-case form.

    `told` caches the suggestions, for a file has each mistake once for every environment.
    """

    by_lower: dict[str, str]
    told: dict[str, str] = field(default_factory=dict)


@lru_cache(maxsize=64)
def _words(known: tuple[str, ...]) -> _Words:
    return _Words({each.lower(): each for each in known})


def _nearest(word: str, by_lower: dict[str, str]) -> str:
    likely = _likely(word, tuple(by_lower))
    like = difflib.get_close_matches(word, likely, n=5, cutoff=0.6)
    # Swapped letters are likelier than wrong ones: us-esat-1 means us-east-1, not us-west-1.
    like.sort(key=lambda each: sorted(each) != sorted(word))
    return f'did you mean "{by_lower[like[0]]}"?' if like else ""


def _likely(word: str, known: tuple[str, ...]) -> Sequence[str]:
    """Return the known words that begin or end most like the word.

    difflib takes a tenth of a second for a thousand words, and there may be a thousand mistakes.
    """
    if len(word) > _LONGEST:
        return ()
    if len(known) <= _COMPARED:
        return known
    forwards, backwards = _in_order(known)
    ends = _beside(backwards, word[::-1])
    return list(dict.fromkeys([*_beside(forwards, word), *(each[::-1] for each in ends)]))


def _beside(words: Sequence[str], word: str) -> Sequence[str]:
    """Return the neighbours of the word's place in the sorted words."""
    at = bisect(words, word)
    return words[max(0, at - _OTHER_CALLERS) : at + _OTHER_CALLERS]


@lru_cache(maxsize=64)
def _in_order(known: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return the words sorted by their beginning, and by their end (spelt backwards)."""
    short = [each for each in known if len(each) <= _LONGEST]
    return sorted(short), sorted(each[::-1] for each in short)


def listed(words: Sequence[str]) -> str:
    """Return `a, b, c`; of very many words, the first and the number of the others."""
    more = len(words) - _LISTED
    return ", ".join(words[:_LISTED]) + (f" and {more} more" if more > 0 else "")
