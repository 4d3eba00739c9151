"""Asks the checks, round after round, until each has passed or the time is up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from provision.aws.client import Aws
from provision.workflows.checks.check import EndpointCheck
from provision.workflows.checks.http import AT_ONCE, Caller
from provision.workflows.checks.not_asked import NotAsked
from provision.workflows.checks.round import Round, RunMemory
from provision.workflows.checks.target import CheckTarget
from provision.workflows.checks.verdict import CheckOutcome, CheckStatus, Verdict, skipped

PAUSE: Final = 3.0
"""Seconds before a check that did not pass is asked again."""
NOT_ON_LOCAL: Final = "skipped on local"

Report = Callable[[int, int], None]
"""Called after each round with how many subjects have passed, and how many there are."""


@dataclass(frozen=True)
class _Subject:
    """A check and a subject, what it said last, and how often it passed in a row."""

    check: EndpointCheck
    subject: str
    verdict: Verdict
    passes: int = 0
    seconds: float = 0.0
    open: bool = True

    def after(self, verdict: Verdict, seconds: float) -> _Subject:
        """Return it with one more verdict."""
        passes = self.passes + 1 if verdict.status is CheckStatus.PASS else 0
        fails_for_good = verdict.by_function and self.verdict.by_function
        is_open = passes < self.check.in_a_row and verdict.again and not fails_for_good
        return replace(self, verdict=verdict, passes=passes, seconds=seconds, open=is_open)


@dataclass(frozen=True)
class Checked:
    """The outcomes of one run."""

    outcomes: Sequence[CheckOutcome]
    seconds: float = 0.0
    not_asked: Sequence[NotAsked] = ()
    stopped: Sequence[str] = ()
    """The functions, by name in AWS, that were deployed with a concurrency of 0."""

    def count(self, status: CheckStatus) -> int:
        return sum(outcome.verdict.status is status for outcome in self.outcomes)

    @property
    def failures(self) -> list[CheckOutcome]:
        return [one for one in self.outcomes if one.verdict.status is CheckStatus.FAIL]


@dataclass(frozen=True)
class CheckRun:
    """One run of checks of one target. `caller` sends to its endpoint, `own` to AWS's address.

    `at` returns a caller of the endpoint's name that connects to another one (`find_way`).
    """

    aws: Aws
    target: CheckTarget
    caller: Caller
    own: Caller
    at: Callable[[str], Caller]
    memory: RunMemory

    def ask(self, checks: Sequence[EndpointCheck], wait: float, report: Report) -> Checked:
        """Ask the checks; those that fail again for `wait` seconds after the first round."""
        clock = self.aws.clock
        began = clock.now()
        asked = [one for check in checks for one in self._begin(check)]
        first_end = 0.0
        while any(one.open for one in asked):
            this = Round(self.aws, self.target, self.caller, self.own, self.at, self.memory)
            asked = self._round(this, asked, began)
            report(sum(not one.open for one in asked), len(asked))
            now = clock.now()
            first_end = first_end or now
            asked = _without_hope([_closed(one, now - first_end, wait) for one in asked])
            if any(one.open and not one.passes for one in asked):
                clock.sleep(PAUSE)
        return Checked([_outcome(one) for one in asked], clock.now() - began)

    def _begin(self, check: EndpointCheck) -> list[_Subject]:
        if check.not_on_local and self.target.on_local:
            return [_Subject(check, "", skipped(NOT_ON_LOCAL), open=False)]
        subjects = check.subjects(self.target)
        if not subjects:
            return [_Subject(check, "", skipped(check.absent), open=False)]
        return [_Subject(check, subject, skipped("not asked")) for subject in subjects]

    def _round(self, this: Round, asked: Sequence[_Subject], began: float) -> list[_Subject]:
        """Ask what is open, several at the same time."""

        def ask(one: _Subject) -> _Subject:
            if not one.open:
                return one
            verdict = one.check.ask(this, one.subject)
            return one.after(verdict, self.aws.clock.now() - began)

        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="check") as pool:
            return list(pool.map(ask, asked))


def _closed(one: _Subject, waited: float, wait: float) -> _Subject:
    """Return it closed if it did not pass and the time is up; a first pass is confirmed still."""
    fails = one.verdict.status is CheckStatus.FAIL
    late = waited >= max(wait, one.check.least_wait if fails else 0)
    return replace(one, open=False) if one.open and not one.passes and late else one


def _without_hope(asked: Sequence[_Subject]) -> list[_Subject]:
    """Return them closed if all that is open is held up by failures that are closed."""
    left = [one for one in asked if one.open]
    failed = any(not one.open and one.verdict.status is CheckStatus.FAIL for one in asked)
    if failed and all(one.verdict.status is CheckStatus.SKIP for one in left):
        return [replace(one, open=False) for one in asked]
    return list(asked)


def _outcome(one: _Subject) -> CheckOutcome:
    return CheckOutcome(one.check.id, one.subject, one.verdict, one.seconds)
