"""Splits a line that is being typed into words as its shell will, for completion.

Quotes and backslashes are removed; `~` and variables of the environment are expanded where the
shell does that. Nothing is run: a command substitution stays as it was typed.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final

_PART: Final = re.compile(
    r"(?P<blank>\s+)"
    r"|'(?P<single>[^']*)(?:'|(?P<single_open>\Z))"
    r'|"(?P<double>(?:\\.|[^"\\])*)(?:"|(?P<double_open>\\?\Z))'
    r"|\\(?P<escaped>.|\Z)"
    r"|(?P<plain>(?:\$\([^()]*\)|`[^`]*`|[^\s'\"\\])+?(?=[\s'\"\\]|\Z))",
    re.DOTALL,
)
_IN_QUOTES: Final = re.compile(
    r"\\(?P<escaped>[\\\"$`])|\$(?:(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})", re.ASCII
)
_HOME: Final = re.compile(r"~[\w.-]*(?=/|\Z)", re.ASCII)


@dataclass(frozen=True)
class Word:
    """A word of a line: as it is `typed`, without its quotes, and with its variables `expanded`.

    `open_at` is the place in `typed` behind a quote that is still open; None if none is.
    """

    typed: str = ""
    text: str = ""
    expanded: str = ""
    open_at: int | None = None


def words_of(line: str) -> list[Word]:
    """Return the words. The last is the one that is being typed: empty after a blank."""
    words = [Word()]
    for part in _PART.finditer(line):
        if part["blank"]:
            words.append(Word())
        else:
            words[-1] = _extended(words[-1], part)
    begun = words.pop()
    return [*(word for word in words if word.typed), begun]


def _extended(word: Word, part: re.Match[str]) -> Word:
    """Return the word with one more part of it, which is quoted in one way."""
    text, expanded = _read(part, first=not word.typed)
    is_open = part["single_open"] is not None or part["double_open"] is not None
    return Word(
        word.typed + part[0],
        word.text + text,
        word.expanded + expanded,
        len(word.typed) + 1 if is_open else None,
    )


def _read(part: re.Match[str], *, first: bool) -> tuple[str, str]:
    """Return what the part of a word says, as text and expanded."""
    for literal in (part["single"], part["escaped"]):
        if literal is not None:
            return literal, literal
    if (double := part["double"]) is not None:
        return _IN_QUOTES.sub(_unescaped, double), _IN_QUOTES.sub(_value, double)
    plain = part["plain"]
    return plain, _IN_QUOTES.sub(_value, _from_home(plain) if first else plain)


def _from_home(plain: str) -> str:
    """Return the path of `~/path` or `~user/path`; any other text as it is.

    Shells expand `~` only where it begins a word: not in `--config=~/path`.
    """
    found = _HOME.match(plain)
    return os.path.expanduser(found[0]) + plain[found.end() :] if found else plain  # noqa: PTH111


def _unescaped(found: re.Match[str]) -> str:
    return found["escaped"] or found[0]


def _value(found: re.Match[str]) -> str:
    """Return the variable's value; one that the shell did not export stays as it was typed."""
    name = found["name"] or found["braced"]
    return os.environ.get(name, found[0]) if name else found["escaped"]
