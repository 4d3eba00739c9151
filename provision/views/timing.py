"""The line that ends a run: its seconds, its calls, and the nodes that the end had to wait for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from provision.aws.access import CallCounts
from provision.engine.timing import VERIFYING, PathStep
from provision.views.formatting import pluralize, seconds

SHORTEST: Final = 0.05
"""Seconds below which a link would be shown as 0.0."""
_LINKS: Final = {"open": "opening", "look": "look ", VERIFYING: "second look "}
"""What stands before the node; nothing where it is what the command is for."""


def print_timing(
    console: Console, spent: float, calls: CallCounts, chain: Sequence[PathStep]
) -> None:
    """One line: seconds, calls, and the nodes that the end had to wait for."""
    console.print(Text(timing_line(spent, calls, chain, console.width)), soft_wrap=True)


def timing_line(spent: float, calls: CallCounts, chain: Sequence[PathStep], width: int) -> str:
    """`3.0 s, 118 reads, 81 writes; longest: network.vpc 0.4 → … → api.stage 0.2`: of the chain as
    many links as fit: the last that took any time, then the longest first. What is left out is
    left out before it, or told by an ellipsis: nothing passes for the end that is not."""
    reads, writes = pluralize(calls.read, "read"), pluralize(calls.write, "write")
    total = f"{seconds(spent)}, {reads}, {writes}"
    shown: frozenset[int] = frozenset()
    line = total
    told = [number for number, link in enumerate(chain) if link.seconds >= SHORTEST]
    for number in (*told[-1:], *sorted(told[:-1], key=lambda number: -chain[number].seconds)):
        more = shown | {number}
        longer = f"{total}; longest: {_chained(chain[: told[-1] + 1], more)}"
        if len(longer) > width:
            continue
        shown, line = more, longer
    return line


def _chained(chain: Sequence[PathStep], shown: Collection[int]) -> str:
    """The shown links, with an ellipsis where others are left out behind the first of them."""
    words: list[str] = []
    for number, link in enumerate(chain):
        if number in shown:
            words.append(f"{_LINKS.get(link.doing, '')}{link.node} {link.seconds:.1f}".lstrip())
        elif words and words[-1] != "…":
            words.append("…")
    return " → ".join(words)
