"""Renders the line that ends a run: its seconds, its calls and its critical path."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from provision.aws.access import CallCounts
from provision.engine.timing import VERIFYING, PathStep
from provision.views.formatting import pluralize, seconds

SHORTEST: Final = 0.05
"""Seconds below which a step of the path would be shown as 0.0."""
_LINKS: Final = {"open": "opening", "look": "reading ", VERIFYING: "verifying "}
"""The words before the node; none for the work that the command is for."""


def print_timing(
    console: Console, spent: float, calls: CallCounts, chain: Sequence[PathStep]
) -> None:
    """Print one line: seconds, calls and the critical path."""
    console.print(Text(timing_line(spent, calls, chain, console.width)), soft_wrap=True)


def timing_line(spent: float, calls: CallCounts, chain: Sequence[PathStep], width: int) -> str:
    """Return `3.0 s, 118 reads, 81 writes; critical path: network.vpc 0.4 → … → api.stage 0.2`.

    Of the critical path as many steps as fit are shown: the last that took any time, then the
    longest ones. An ellipsis marks steps omitted after the first one shown, so that only the true
    end appears as the end.
    """
    reads, writes = pluralize(calls.read, "read"), pluralize(calls.write, "write")
    total = f"{seconds(spent)}, {reads}, {writes}"
    shown: frozenset[int] = frozenset()
    line = total
    told = [number for number, link in enumerate(chain) if link.seconds >= SHORTEST]
    for number in (*told[-1:], *sorted(told[:-1], key=lambda number: -chain[number].seconds)):
        more = shown | {number}
        longer = f"{total}; critical path: {_chained(chain[: told[-1] + 1], more)}"
        if len(longer) > width:
            continue
        shown, line = more, longer
    return line


def _chained(chain: Sequence[PathStep], shown: Collection[int]) -> str:
    """Join the shown steps, with an ellipsis for those omitted after the first of them."""
    words: list[str] = []
    for number, link in enumerate(chain):
        if number in shown:
            words.append(f"{_LINKS.get(link.doing, '')}{link.node} {link.seconds:.1f}".lstrip())
        elif words and words[-1] != "…":
            words.append("…")
    return " → ".join(words)
