"""Holds the types of an explanation: of an error, and of a word."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorEntry:
    """The explanation of an error's code: its meaning, usual causes and what to type.

    Commands in `remedies` are in backticks, as in the hints of errors.
    """

    meaning: str
    causes: tuple[str, ...]
    remedies: tuple[str, ...]
    exit_code: int = 1


@dataclass(frozen=True)
class WordEntry:
    """The explanation of a word, and a page that has more on it."""

    meaning: str
    page: str
