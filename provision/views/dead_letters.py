"""Renders dead-letter queues, their messages, and what became of those that ran again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.text import Text

from provision.views.formatting import age, truncate
from provision.workflows.dead_letters import LetterQueue
from provision.workflows.letter import Letter
from provision.workflows.redrive import Outcome, Tried

_BODY: Final = 300
_RAN: Final = "200"
"""The code of an event whose function ran, and answered with an error."""
_FAILED: Final = "  ✗"
_GOOD: Final = frozenset({Outcome.DONE, Outcome.SENT})


def print_queues(console: Console, queues: Sequence[LetterQueue], ages: Mapping[str, int]) -> None:
    """Print a line for each queue; `ages` has those of the oldest messages, in seconds."""
    for queue in queues:
        line = _counts(queue)
        if queue.name in ages:
            line.append(f", oldest {age(ages[queue.name])}", style="not bold")
        console.print(line, soft_wrap=True)


def print_letters(console: Console, queue: LetterQueue, letters: Sequence[Letter]) -> None:
    """Print the queue's counts, and two lines for each message."""
    console.print(_counts(queue), soft_wrap=True)
    for letter in letters:
        parts = [letter.id, _time(letter.sent), f"received {letter.received}"]
        parts += [part for part in (truncate(_cause(letter), _BODY),) if part]
        console.print(Text(f"  {'  '.join(parts)}"), soft_wrap=True)
        console.print(Text(f"         {truncate(letter.text, _BODY)}", style="dim"), soft_wrap=True)


def print_tried(console: Console, found: Sequence[Tried], not_begun: int | None = None) -> None:
    """Print what `tried_lines` returns."""
    for line in tried_lines(found, not_begun):
        style = "red" if line.startswith(_FAILED) else ""
        console.print(Text(line, style=style), soft_wrap=True)


def tried_lines(found: Sequence[Tried], not_begun: int | None = None) -> list[str]:
    """Return a line for each message that did not succeed, and the counts.

    After an interruption, `not_begun` messages were not reached, and those that succeeded have a
    line too: the user did not see the end.
    """
    lines = []
    for tried in found:
        if tried.outcome not in _GOOD or tried.why:
            words = f"{tried.outcome}: {truncate(tried.why, _BODY)}"
            lines.append(f"{_FAILED} {tried.letter.id}  {words}")
        elif not_begun is not None:
            lines.append(f"  ✓ {tried.letter.id}  {tried.outcome}: removed from the queue")
    counts = Counter(tried.outcome for tried in found)
    removed = sum(tried.outcome in _GOOD and not tried.why for tried in found)
    parts = [f"{number} {outcome}" for outcome, number in counts.items()]
    words = ", ".join(parts) or "nothing to run"
    rest = f", {not_begun} not begun" if not_begun else ""
    stay = len(found) - removed + (not_begun or 0)
    return [*lines, f"{words}{rest}; {removed} removed, {stay} stay"]


def _cause(letter: Letter) -> str:
    """Return why it failed. Lambda's code is the status of the invocation (Q10)."""
    if letter.code == _RAN:
        told = "the function failed"
    elif letter.code.isdecimal():
        told = f"Lambda could not run it (status {letter.code})"
    else:
        told = letter.code
    return ": ".join(part for part in (told, letter.error) if part)


def _counts(queue: LetterQueue) -> Text:
    line = Text(f"function.{queue.function}", style="bold")
    return line.append(f"  {queue.waiting} waiting, {queue.in_flight} in flight", style="not bold")


def _time(milliseconds: int) -> str:
    at = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone()
    return at.strftime("%Y-%m-%d %H:%M:%S")
