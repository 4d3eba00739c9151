"""Defines a check: its subjects, and the function that asks about one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from provision.workflows.checks.round import Round
from provision.workflows.checks.target import CheckTarget
from provision.workflows.checks.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class EndpointCheck:
    """A check with an id, asked for each of its subjects by itself.

    `CHECK_DESCRIPTIONS` has its words. `absent` is why it is skipped if config.yaml gives it no
    subject, `noun` the word for its subjects. `in_a_row` is how often it must pass: once, if what
    it looks for stays. `least_wait`: seconds for which it is asked again, however short the user's
    wait is.
    """

    id: str
    subjects: Callable[[CheckTarget], Sequence[str]]
    ask: Callable[[Round, str], Verdict]
    absent: str = ""
    noun: str = ""
    not_on_local: bool = False
    in_a_row: int = 2
    least_wait: float = 0.0
