"""Renders trouble: a line for each node with its details below, or one line for many nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from rich.text import Text

from provision.plan.value_diff import MISSING, ValueDiff, diff_values
from provision.sanitizing.masking import MASKED, Masked
from provision.sanitizing.text import printable, told_apart
from provision.views.console import in_window
from provision.views.formatting import age, format_value, pluralize, truncate
from provision.views.signs import SIGNS
from provision.workflows.health import Health
from provision.workflows.troubles import State, Trouble

MAX_LISTED: Final = 5
"""The greatest number of nodes with the same state and remedy that are listed one by one."""
SHORTEST: Final = 12
"""Characters of a node's name that are always shown."""
SHOWN: Final = 8
"""The greatest number of differences of one node that are listed in a terminal's window."""
VALUE: Final = 60
"""Characters that are shown of a wanted or observed value."""
_MINUTE: Final = 60
FOLDED: Final[Mapping[State, str]] = {
    State.MISSING: "{number} missing: `{make}` creates them",
    State.OUTDATED: "{number} not as configured: `{make}` changes them",
    State.ORPHAN: "{number} to be removed: `{make}` removes them",
    State.WAITING: "{number} waiting for nodes in trouble",
}


@dataclass(frozen=True)
class TroubleEntry:
    """A line of trouble, and the details below it if there is room."""

    line: Text
    details: Sequence[Text] = ()


def trouble_entries(
    found: Sequence[Trouble], health: Health, *, make: str, width: int, every_node: bool
) -> list[TroubleEntry]:
    """Return the troubles in their order.

    States with one remedy are folded if many nodes are in them. A node's name is cut if its state
    would have no room otherwise.
    """
    told: list[TroubleEntry] = []
    for state in State:
        alike = [trouble for trouble in found if trouble.state is state]
        if state in FOLDED and len(alike) > MAX_LISTED and not every_node:
            words = FOLDED[state].format(number=pluralize(len(alike), "node"), make=make)
            told.append(TroubleEntry(_line(state, words, "")))
        else:
            told += [_told(trouble, health, width) for trouble in alike]
    return told


def grouped(found: Sequence[Trouble]) -> list[Text]:
    """Return a line for each state, for little room: `≠ 2 drifted  table.items, api.stage`."""
    lines = []
    for state in State:
        names = [trouble.node for trouble in found if trouble.state is state]
        if names:
            lines.append(_line(state, f"{len(names)} {state}", ", ".join(names)))
    return lines


def _told(trouble: Trouble, health: Health, width: int) -> TroubleEntry:
    """Return the line and details of a trouble. A single difference is put on the line itself."""
    since = _lasting(health.firing_since.get(trouble.node, ""))
    details = _changes(trouble)
    if in_window(width) and len(details) > SHOWN:
        more = Text(f"… and {len(details) - SHOWN} more", style="dim")
        details = [*details[:SHOWN], more]
    details += [Text(printable(trouble.remedy))] if trouble.remedy else []
    told = f"{trouble.told}{since}"
    node = truncate(trouble.node, max(SHORTEST, width - len(told) - 3))
    line = _line(trouble.state, f"{node} {told}", printable(trouble.why))
    if len(details) == 1 and not trouble.why and not trouble.remedy:
        return TroubleEntry(line.append("  ").append_text(details[0]))
    return TroubleEntry(line, [Text("    ").append_text(detail) for detail in details])


def _line(state: State, words: str, why: str) -> Text:
    sign, style = SIGNS[state]
    text = Text().append(f"{sign} {printable(words)}", style=style)
    return text.append(f"  {why}") if why else text


def _changes(trouble: Trouble) -> list[Text]:
    """Return a line for each difference inside the fields that differ."""
    lines: list[Text] = []
    for diff in trouble.changes:
        if word := trouble.digests.get(diff.field):
            lines.append(Text(f"{word} changed"))
            continue
        inside = diff_values(diff.field, diff.have, diff.want)
        lines += [_part(p) for p in inside or (ValueDiff(diff.field, diff.have, diff.want),)]
    return lines


def _part(part: ValueDiff) -> Text:
    """Return the observed and the wanted value, or the one of them that exists."""
    sides = told_apart(printable(format_value(part.have)), printable(format_value(part.want)))
    have, want = (truncate(side, VALUE) for side in sides)
    text = Text(f"{printable(part.path)}: ")
    if part.want is MISSING:
        return text.append(have, style="red").append(", not wanted")
    if part.have is MISSING:
        return text.append(want, style="green").append(" is wanted")
    if isinstance(part.want, Masked) and isinstance(part.have, Masked):
        return text.append(MASKED, style="red").append(", another value is wanted")
    return text.append(have, style="red").append(", wanted ").append(want, style="green")


def _lasting(since: str) -> str:
    """Return how long ago an ISO time was, such as ` for 12 min`, or "" if there is none."""
    if not since:
        return ""
    spent = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    return f" for {age(spent)}" if spent >= _MINUTE else " since just now"
