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

    Of the critical path as many of its longest steps are shown as fit, in their order; an ellipsis
    marks steps omitted, also at either end. If not even the longest fits, no path is shown.
    """
    reads, writes = pluralize(calls.read, "read"), pluralize(calls.write, "write")
    total = f"{seconds(spent)}, {reads}, {writes}"
    lasting = [number for number, link in enumerate(chain) if link.seconds >= SHORTEST]
    longest = sorted(lasting, key=lambda number: -chain[number].seconds)
    for count in range(len(longest), 0, -1):
        line = f"{total}; critical path: {_chained(chain, lasting, longest[:count])}"
        if len(line) <= width:
            return line
    return total


def _chained(chain: Sequence[PathStep], lasting: Sequence[int], shown: Collection[int]) -> str:
    """Join the shown of the lasting steps, with an ellipsis for those omitted."""
    words: list[str] = []
    for number in lasting:
        link = chain[number]
        if number in shown:
            words.append(f"{_LINKS.get(link.doing, '')}{link.node} {link.seconds:.1f}".lstrip())
        elif words[-1:] != ["…"]:
            words.append("…")
    return " → ".join(words)
