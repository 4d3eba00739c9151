"""Renders the outcomes of checks: a line for those that passed, all about those that failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from provision.views.console import columns, wrapped
from provision.views.formatting import pluralize, seconds
from provision.workflows.checks.catalog import CHECKS, DEEP
from provision.workflows.checks.not_asked import NotAsked
from provision.workflows.checks.runner import Checked
from provision.workflows.checks.target import CheckTarget
from provision.workflows.checks.verdict import CheckOutcome, CheckStatus

_SIGNS: Final = {
    CheckStatus.PASS: ("✓", "green"),
    CheckStatus.FAIL: ("✗", "bold red"),
    CheckStatus.SKIP: ("·", "dim"),
}
_NOUNS: Final = {check.id: check.noun for check in (*CHECKS, *DEEP)}
_WIDTH: Final = max(len(name) for name in _NOUNS) + 2
_COUNT: Final = 14
"""Columns of a number with its noun."""
_NAMED: Final = 3
"""The greatest number of subjects that are named with what was found."""


def print_checked(
    console: Console, target: CheckTarget, checked: Checked, hint: str, words: Callable[[str], str]
) -> None:
    """Print the outcomes, grouped by check, what was not asked, and the counts.

    `hint` is printed below failures; `words` returns a text with commands that can be pasted.
    """
    title = Text(f"{target.inputs.config.prefix}  {target.endpoint}", style="bold")
    console.print(title, soft_wrap=True)
    for name in dict.fromkeys(outcome.check for outcome in checked.outcomes):
        _print_check(console, name, [one for one in checked.outcomes if one.check == name])
    if hint:
        console.print(Text(f"  → {words(hint)}"), soft_wrap=True)
    _print_not_asked(console, checked.not_asked, words)
    console.print(_counts(checked), soft_wrap=True)


def _print_check(console: Console, name: str, outcomes: Sequence[CheckOutcome]) -> None:
    by_status = {
        status: [one for one in outcomes if one.verdict.status is status] for status in CheckStatus
    }
    if passed := by_status[CheckStatus.PASS]:
        said = _told(passed)
        count = pluralize(len(passed), _NOUNS[name]) if _NOUNS[name] else ""
        _print_line(console, CheckStatus.PASS, name, said, count.ljust(_COUNT))
    for failure in by_status[CheckStatus.FAIL]:
        _print_failure(console, failure)
    for reason in dict.fromkeys(one.verdict.reason for one in by_status[CheckStatus.SKIP]):
        alike = [one for one in by_status[CheckStatus.SKIP] if one.verdict.reason == reason]
        noun = _NOUNS[name] if alike[0].subject else ""
        count = pluralize(len(alike), noun) if noun else ""
        _print_line(console, CheckStatus.SKIP, name, reason, count.ljust(_COUNT))


def _told(passed: Sequence[CheckOutcome]) -> str:
    """Return what was found; where it differs, with the subjects of each."""
    by_have: dict[str, list[str]] = {}
    for one in passed:
        by_have.setdefault(one.verdict.have, []).append(one.subject)
    if len(by_have) == 1 or any(not all(subjects) for subjects in by_have.values()):
        return ", ".join(by_have)
    return "; ".join(_of(subjects, have) for have, subjects in by_have.items())


def _of(subjects: Sequence[str], have: str) -> str:
    """Return what was found with its first subjects, unless it names them itself."""
    if all(subject in have for subject in subjects):
        return have
    more = f" and {len(subjects) - _NAMED} more" if subjects[_NAMED:] else ""
    return f"{', '.join(subjects[:_NAMED])}{more}: {have}"


def _print_not_asked(
    console: Console, left_out: Sequence[NotAsked], words: Callable[[str], str]
) -> None:
    for reason in dict.fromkeys(one.reason for one in left_out):
        alike = [one for one in left_out if one.reason == reason]
        named = ", ".join(one.subject for one in alike)
        console.print(Text(f"Not asked, since {reason}: {named}"), soft_wrap=True)
        console.print(Text(f"  → {words(alike[0].hint)}"), soft_wrap=True)


def _print_line(
    console: Console, status: CheckStatus, name: str, said: str, count: str = ""
) -> None:
    """Print a line; what does not fit continues below its beginning."""
    sign, style = _SIGNS[status]
    line = Text("  ").append(sign, style=style).append(f" {name.ljust(_WIDTH)}{count}")
    start = line.cell_len
    first, *more = wrapped(said, columns(console) - start)
    console.print(line.append(first), soft_wrap=True)
    for each in more:
        console.print(Text(" " * start + each), soft_wrap=True)


def _print_failure(console: Console, failure: CheckOutcome) -> None:
    _print_line(console, CheckStatus.FAIL, failure.check, failure.subject)
    verdict = failure.verdict
    for word, said in (("want", verdict.want), ("have", verdict.have), ("", verdict.reason)):
        if said:
            console.print(Text(f"      {word.ljust(6)}{said}"), soft_wrap=True)


def _counts(checked: Checked) -> Text:
    words = {CheckStatus.PASS: "passed", CheckStatus.FAIL: "failed", CheckStatus.SKIP: "skipped"}
    counts = {status: checked.count(status) for status in CheckStatus}
    parts = [
        Text(f"{number} {words[status]}", style=_SIGNS[status][1])
        for status, number in counts.items()
        if number or status is CheckStatus.PASS
    ]
    return Text(", ").join(parts).append(f" in {seconds(checked.seconds)}", style="default")
