"""Renders the numbers of the dashboard: the last hour's traffic as a table, and alarm states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.text import Text

from provision.workflows.health import FIRING, Health, Traffic

BARS: Final = "▁▂▃▄▅▆▇█"
NARROW: Final = 66
"""Columns below which the table has no bars, and shorter titles."""
LONGEST_NAME: Final = 24
P95: Final = "p95 ms"
_TITLES: Final = ("invocations", "errors", P95, "dead letters")
_SHORT: Final = ("calls", "errors", P95, "dead")
_ALARMS: Final = {
    FIRING: ("firing", "bold red"),
    "OK": ("ok", "green"),
    "INSUFFICIENT_DATA": ("without data", "dim"),
}


@dataclass(frozen=True)
class _Row:
    """The last hour of one function, or of all functions together."""

    name: str
    traffic: Traffic
    waiting: int

    @property
    def errors(self) -> int:
        return int(sum(self.traffic.errors))

    @property
    def invocations(self) -> int:
        return int(sum(self.traffic.invocations))

    @property
    def gravity(self) -> tuple[int, int, int]:
        return (self.waiting + self.errors, self.waiting, self.invocations)


def traffic_lines(health: Health, width: int, most: int | None = None) -> list[Text]:
    """Return a title and a row for each function.

    If there are more than `most`, the first row adds up all functions, and the gravest follow.
    """
    rows = [
        _Row(n.partition(".")[2], t, health.dead_letters.get(f"{n}.dead_letters", 0))
        for n, t in health.traffic.items()
    ]
    if most is not None and len(rows) > max(1, most):
        rows = [_together(rows), *sorted(rows, key=lambda row: row.gravity, reverse=True)]
        rows = rows[: max(1, most)]
    return _table(rows, width) if rows else []


def alarms_line(health: Health) -> Text:
    """Return `Alarms  1 firing, 8 ok`. An unknown state is shown by AWS's word."""
    text = Text().append("Alarms  ", style="bold")
    if not health.alarms:
        return text.append("none there", style="dim")
    counts = Counter(health.alarms.values())
    known = {**_ALARMS, **{state: (state, "yellow") for state in counts if state not in _ALARMS}}
    told = [
        Text(f"{counts[state]} {word}", style=style)
        for state, (word, style) in known.items()
        if counts[state]
    ]
    return text.append_text(Text(", ").join(told))


def sparkline(values: Sequence[float]) -> str:
    """Return one bar a value, the highest full. Only zero has the lowest bar."""
    top = max(values, default=0)
    if not top:
        return BARS[0] * len(values)
    steps = len(BARS) - 1
    return "".join(BARS[max(1, round(v / top * steps))] if v else BARS[0] for v in values)


def _together(rows: Sequence[_Row]) -> _Row:
    """Add up the rows.

    p95 values cannot be added, so the highest of all functions is used.
    """
    traffics = [row.traffic for row in rows]
    traffic = Traffic(
        tuple(map(sum, zip(*(each.invocations for each in traffics), strict=True))),
        tuple(map(sum, zip(*(each.errors for each in traffics), strict=True))),
        tuple(map(max, zip(*(each.p95 for each in traffics), strict=True))),
    )
    return _Row(f"all {len(rows)} functions", traffic, sum(row.waiting for row in rows))


def _table(rows: Sequence[_Row], width: int) -> list[Text]:
    narrow = width < NARROW
    titles = _SHORT if narrow else _TITLES
    room = LONGEST_NAME if not narrow else max(9, width - sum(len(t) + 2 for t in titles))
    name_width = min(room, max(9, *(len(row.name) for row in rows)))
    lines = [_title(titles, name_width, narrow=narrow, points=len(rows[0].traffic.invocations))]
    return lines + [_line(row, titles, name_width, narrow=narrow) for row in rows]


def _title(titles: Sequence[str], name_width: int, *, narrow: bool, points: int) -> Text:
    calls, *rest = titles
    text = Text(f"{'Last hour'.ljust(name_width)}  {calls}", style="bold")
    if not narrow:
        text.append(" " * (points + 2))
    return text.append("".join(f"  {title}" for title in rest))


def _line(row: _Row, titles: Sequence[str], name_width: int, *, narrow: bool) -> Text:
    name = row.name if len(row.name) <= name_width else f"{row.name[: name_width - 1]}…"
    values = (row.invocations, row.errors, round(max(row.traffic.p95)), row.waiting)
    bad = (False, row.errors > 0, False, row.waiting > 0)
    text = Text(name.ljust(name_width))
    for title, value, alarming in zip(titles, values, bad, strict=True):
        shown = "-" if title == P95 and not value else short(value, len(title) + 1)
        text.append(" " * (2 + len(title) - len(shown)))
        text.append(shown, style="bold red" if alarming else "")
        if title == titles[0] and not narrow:
            text.append("  ").append(sparkline(row.traffic.invocations), style="cyan")
    return text


def short(number: int, room: int) -> str:
    """Return the number as `12,345`, or as `12M` if that does not fit in `room`."""
    whole = f"{number:,}"
    if len(whole) <= room:
        return whole
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number // size}{letter}"
    return whole
