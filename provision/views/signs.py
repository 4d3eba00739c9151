"""Maps each state of a node to a sign and a style. Colour is never the only signal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from rich.text import Text

from provision.workflows.troubles import State

SIGNS: Final = {
    State.FIRING: ("▲", "bold red"),
    State.FAILED: ("◆", "bold red"),
    State.AILING: ("▼", "bold red"),
    State.MISSING: ("✗", "bold red"),
    State.FOREIGN: ("!", "bold red"),
    State.DRIFTED: ("≠", "bold yellow"),
    State.WAITING: ("?", "bold yellow"),
    State.UNCONFIRMED: ("○", "bold yellow"),
    State.OUTDATED: ("~", "yellow"),
    State.ORPHAN: ("-", "yellow"),
    State.KEPT: ("=", "cyan"),
    State.AS_WANTED: ("✓", "green"),
    State.SKIPPED: ("·", "dim"),
}


def sign_of(state: State) -> Text:
    """Return the sign alone. Text appended to it has a style of its own."""
    sign, style = SIGNS[state]
    return Text().append(sign, style=style)


def gravest(states: Iterable[State]) -> State:
    """Return the gravest state, in which several nodes are shown together."""
    present = set(states)
    return next(state for state in State if state in present)


def counted_states(states: Iterable[State], rest: str = "") -> Text:
    """Return `2 drifted, 9 as wanted`, each in its own style. `rest` styles what is fine."""
    counts = Counter(states)
    fine = {State.AS_WANTED, State.SKIPPED}
    return Text(", ").join(
        Text(f"{counts[state]} {state}", style=rest if rest and state in fine else SIGNS[state][1])
        for state in State
        if counts[state]
    )


def counted_signs(states: Iterable[State], between: str) -> Text:
    """Return the counts in little room: `2≠ 9✓`."""
    counts = Counter(states)
    return Text(between).join(
        Text(f"{counts[state]}{SIGNS[state][0]}", style=SIGNS[state][1])
        for state in State
        if counts[state]
    )
