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
        parts += [part for part in (letter.code, truncate(letter.error, _BODY)) if part]
        console.print(Text(f"  {'  '.join(parts)}"), soft_wrap=True)
        console.print(Text(f"         {truncate(letter.text, _BODY)}", style="dim"), soft_wrap=True)


def print_tried(console: Console, found: Sequence[Tried]) -> None:
    """Print a line for each message that did not succeed, and the counts."""
    for tried in found:
        if tried.outcome not in _GOOD or tried.why:
            words = f"  ✗ {tried.letter.id}  {tried.outcome}: {truncate(tried.why, _BODY)}"
            console.print(Text(words, style="red"), soft_wrap=True)
    counts = Counter(tried.outcome for tried in found)
    removed = sum(tried.outcome in _GOOD and not tried.why for tried in found)
    parts = [f"{number} {outcome}" for outcome, number in counts.items()]
    words = ", ".join(parts) or "nothing to run"
    console.print(Text(f"{words}; {removed} removed, {len(found) - removed} stay"), soft_wrap=True)


def _counts(queue: LetterQueue) -> Text:
    line = Text(f"function.{queue.function}", style="bold")
    return line.append(f"  {queue.waiting} waiting, {queue.in_flight} in flight", style="not bold")


def _time(milliseconds: int) -> str:
    at = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone()
    return at.strftime("%Y-%m-%d %H:%M:%S")
