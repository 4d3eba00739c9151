"""Defines what a check says of one subject."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

LONGEST: Final = 200
"""The most characters of a text about an answer."""


class CheckStatus(StrEnum):
    """The result of a check for one subject."""

    PASS = "pass"  # noqa: S105  (no password)
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True)
class Verdict:
    """One ask of a check for one subject: what was wanted, what was there, and why it matters."""

    status: CheckStatus
    want: str = ""
    have: str = ""
    reason: str = ""
    again: bool = True
    """Whether another ask may say otherwise, until the time is up."""
    by_function: bool = False
    """Whether the function's own answer fails: it does not pass by waiting, only by other code."""


@dataclass(frozen=True)
class CheckOutcome:
    """The last verdict of a check about a subject; `seconds` since the checks began."""

    check: str
    subject: str
    verdict: Verdict
    seconds: float


def passed(have: str, want: str = "") -> Verdict:
    return Verdict(CheckStatus.PASS, clipped(want), clipped(have))


def failed(want: str, have: str, reason: str = "") -> Verdict:
    return Verdict(CheckStatus.FAIL, clipped(want), clipped(have), clipped(reason))


def failed_by_function(want: str, have: str, reason: str) -> Verdict:
    """Return that the function itself answered otherwise: it is asked once more, and no longer."""
    return replace(failed(want, have, reason), by_function=True)


def skipped(reason: str) -> Verdict:
    """Return that there is nothing to ask."""
    return Verdict(CheckStatus.SKIP, reason=clipped(reason), again=False)


def held_up(reason: str) -> Verdict:
    """Return that another check's failure keeps this one from being asked; it is tried again."""
    return Verdict(CheckStatus.SKIP, reason=clipped(reason))


def clipped(text: str) -> str:
    """Return the text with at most `LONGEST` characters."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
