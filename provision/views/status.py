"""Renders the dashboard in a given height: trouble first, a line an area, numbers last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from provision.model.capabilities import HoldsData, KeepsMessages
from provision.plan.change import ResourceChange
from provision.plan.options import PlanOptions
from provision.steps.apigateway.api_key import ApiKey
from provision.steps.apigateway.rest_api.api import RestApi
from provision.steps.apigateway.rest_api.public import authorized_routes, named, public_routes
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.reach import is_open
from provision.views.areas import area_lines, area_words
from provision.views.console import BOUNDLESS, Hanging
from provision.views.formatting import pluralize
from provision.views.keys import old_keys
from provision.views.metrics import alarms_line, traffic_lines
from provision.views.signs import counted_signs, counted_states
from provision.views.troubles import TroubleEntry, grouped, trouble_entries
from provision.workflows.health import Health
from provision.workflows.troubles import State, Trouble, nothing_runs, states_of, troubles

WORTH_CUTTING: Final = 5
"""Lines of trouble for which there must be room; with less, they are grouped by state."""
ROOM_FOR_TIME: Final = 60
"""Columns from which on the time is shown."""


@dataclass(frozen=True)
class Heading:
    """The dashboard's heading, and commands: `make` creates what is missing, `more` shows all."""

    stack: str
    environment: str
    account: str
    region: str
    endpoint: str
    make: str = "provision up"
    more: str = "provision status"
    as_typed: Callable[[str], str] = str
    """Makes the commands in a text pasteable."""
    at: str = ""
    """When the stack was observed, if that is not now."""


@dataclass(frozen=True)
class _Parts:
    """The dashboard before it is put together. Each Text is one line."""

    head: Sequence[Text]
    told: Sequence[TroubleEntry]
    nodes: Sequence[Text]
    """The areas with every node in them; empty unless the user asked for that."""
    areas: Sequence[Text]
    words: Sequence[Text]
    """The areas again, in few lines."""
    grouped: Sequence[Text]
    """The troubles again, a line a state."""
    notes: Sequence[Text]
    numbers: Sequence[Text]
    foot: Sequence[Text]


def status_screen(
    heading: Heading,
    changes: Mapping[str, ResourceChange],
    health: Health,
    *,
    width: int,
    height: int | None = None,
    every_node: bool = False,
) -> RenderableType:
    """Return the page: as long as needed, or in `height` lines.

    With `every_node`, no node is folded.
    """
    states = states_of(changes, health)
    found = [
        replace(each, remedy=heading.as_typed(each.remedy)) for each in troubles(changes, health)
    ]
    line = BOUNDLESS if height is None else width
    absent = bool(found) and nothing_runs(changes, states)
    told = trouble_entries(found, health, make=heading.make, width=line, every_node=every_node)
    folded = absent and not every_node
    if folded:
        made = TroubleEntry(Text(f"· not deployed: `{heading.make}` creates it"))
        told = [made, *_kept_data(changes, heading)]
    parts = _Parts(
        _head(heading, found, width, absent=absent),
        told,
        area_lines(states, health, width, every_node=True) if every_node else (),
        () if folded else area_lines(states, health, width, every_node=False),
        () if folded else area_words(states, width),
        [entry.line for entry in told] if folded else grouped(found),
        _notes(changes, states),
        traffic_lines(health, width, None if height is None else height // 4),
        [alarms_line(health), _nodes(states, line)],
    )
    if height is None:
        return Group(*_whole(parts))
    return Group(*(_cut(line, width) for line in _fitted(parts, height, heading.more)))


def _whole(parts: _Parts) -> Iterable[RenderableType]:
    """Yield everything. A line that is too long continues below."""
    yield from parts.head
    areas = parts.nodes or parts.areas
    for section in (_every_line(parts.told), areas, parts.notes, parts.numbers, parts.foot):
        if section:
            yield Text()
            yield from (Hanging(line) for line in section)


def _fitted(parts: _Parts, height: int, more: str) -> list[Text]:
    """Return the most detailed layout that fits. Numbers always stay; trouble is cut last."""
    brief = [told.line for told in parts.told]
    last = [*parts.numbers, *parts.foot]
    every = [*(parts.nodes or parts.areas), *parts.notes]
    folded = [*parts.areas, *parts.notes]
    layouts = (
        _spaced(parts.head, brief, every, parts.numbers, parts.foot),
        _spaced(parts.head, brief, folded, parts.numbers, parts.foot),
        _spaced(parts.head, brief, parts.areas, parts.numbers, parts.foot),
        _spaced(parts.head, brief, parts.areas, last),
        _spaced(parts.head, brief, parts.words, last),
        [*parts.head, *brief, *parts.words, *last],
        [*parts.head[:1], *brief, *parts.words, *last],
        [*parts.head[:1], *brief, *last],
    )
    fitting = next((layout for layout in layouts if len(layout) <= height), None)
    if fitting is not None:
        return _detailed(fitting, parts.told, height)
    first = parts.head[:1]
    room = height - len(first) - len(last)
    if room - len(parts.words) >= WORTH_CUTTING:
        return [*first, *_some(brief, room - len(parts.words), more), *parts.words, *last]
    words = parts.words if len(parts.grouped) + len(parts.words) <= room else ()
    return [*first, *_some(parts.grouped, room - len(words), more), *words, *last]


def _some(lines: Sequence[Text], room: int, more: str) -> list[Text]:
    """Return as many lines as fit. The number of omitted ones takes a line as well."""
    if len(lines) <= room:
        return list(lines)
    if room < 1:
        return []
    cut = f"… and {len(lines) - room + 1} more: `{more}` lists them"
    return [*lines[: room - 1], Text(cut, style="bold")]


def _detailed(layout: Sequence[Text], told: Sequence[TroubleEntry], height: int) -> list[Text]:
    """Add the details below their trouble, the gravest first, while there is room."""
    room = height - len(layout)
    below: dict[int, Sequence[Text]] = {}
    for each in told:
        if len(each.details) <= room:
            below[id(each.line)] = each.details
            room -= len(each.details)
    return [line for over in layout for line in (over, *below.get(id(over), ()))]


def _spaced(*sections: Sequence[Text]) -> list[Text]:
    """Join the sections that have lines, with an empty line between."""
    lines: list[Text] = []
    for section in sections:
        if section:
            lines += [*([Text()] if lines else []), *section]
    return lines


def _every_line(told: Sequence[TroubleEntry]) -> list[Text]:
    return [line for each in told for line in (each.line, *each.details)]


def _cut(line: Text, width: int) -> Text:
    """Return the line cut to the width of the window."""
    line = line.copy()
    line.truncate(width, overflow="ellipsis")
    line.no_wrap, line.overflow = True, "crop"
    return line


def _head(heading: Heading, found: Sequence[Trouble], width: int, *, absent: bool) -> list[Text]:
    verdict = _verdict(found, absent=absent)
    if heading.at and width >= ROOM_FOR_TIME:
        verdict.append(f"  {heading.at}", style="dim")
    place = f"{heading.environment} · {heading.account} · {heading.region}"
    text = Text().append(heading.stack, style="bold").append(f"  {place}", style="dim")
    text.truncate(max(len(heading.stack), width - verdict.cell_len - 2), overflow="ellipsis")
    gap = min(width, 100) - text.cell_len - verdict.cell_len
    first = text.append(" " * max(2, gap)).append_text(verdict)
    there = Text(heading.endpoint) if heading.endpoint else Text("no endpoint yet", style="dim")
    return [first, there]


def _verdict(found: Sequence[Trouble], *, absent: bool) -> Text:
    """Return the overall state: well, not deployed, or the number of nodes in trouble."""
    if not found:
        return Text().append("✓ all is well", style="bold green")
    if absent:
        return Text().append("· not deployed", style="bold")
    return Text().append(f"✗ {len(found)} in trouble", style="bold red")


def _kept_data(changes: Mapping[str, ResourceChange], heading: Heading) -> list[TroubleEntry]:
    """Name what `down` kept of a stack that is not deployed, and the command that deletes it."""
    kept = [change for change in changes.values() if _is_data(change.have)]
    if not kept:
        return []
    told = ", ".join(f"{change.node} ({change.label})" for change in kept)
    deleting = PlanOptions(verb="down").destroying(*(change.node for change in kept))
    words = heading.as_typed(f"{deleting} deletes {'it' if len(kept) == 1 else 'them'}")
    return [TroubleEntry(Text(f"= data was kept: {told}", style="cyan"), [Text(f"    {words}")])]


def _is_data(have: object) -> bool:
    return isinstance(have, HoldsData | KeepsMessages)


def _nodes(states: Mapping[str, State], width: int) -> Text:
    """Return how many nodes are in each state: in words, or by signs if there is no room."""
    told = (counted_states(states.values()), counted_signs(states.values(), " "))
    lines = [Text().append("Nodes   ", style="bold").append_text(each) for each in told]
    tight = Text().append("Nodes ", style="bold").append_text(counted_signs(states.values(), ""))
    return next((line for line in lines if line.cell_len <= width), tight)


def _notes(changes: Mapping[str, ResourceChange], states: Mapping[str, State]) -> list[Text]:
    """Return notes on skipped and kept nodes, what is public or open, and old keys that work."""
    skipped: dict[str, int] = {}
    for node, state in states.items():
        if state is State.SKIPPED:
            reason = changes[node].reason
            skipped[reason] = skipped.get(reason, 0) + 1
    lines = [
        Text(f"· {pluralize(number, 'node')} skipped on local: {reason}", style="dim")
        for reason, number in skipped.items()
    ]
    kept = (n for n, state in states.items() if state is State.KEPT)
    lines += [Text(f"= {node} kept: {changes[node].reason}", style="cyan") for node in kept]
    have = [
        route
        for change in changes.values()
        if isinstance(change.have, RestApi)
        for route in change.have.routes
    ]
    if routes := public_routes(have):
        lines.append(Text(f"! public, without a key: {named(routes)}", style="yellow"))
    lines += [
        Text(f"· {auth} asks who calls {named(some)}", style="dim")
        for auth, some in authorized_routes(have).items()
    ]
    outside = [
        node
        for node, change in changes.items()
        if isinstance(change.have, Function) and is_open(change.have.subnet_ids)
    ]
    if outside:
        told = f"! outside the private network: {', '.join(outside)}"
        lines.append(Text(told, style="yellow"))
    keys = ((n, f.have) for n, f in changes.items() if isinstance(f.have, ApiKey))
    return lines + old_keys(keys)
