"""Renders the areas of a stack: a line each, a few words each, or with every node in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.text import Text

from provision.views.console import BOUNDLESS
from provision.views.formatting import by_area
from provision.views.signs import SIGNS, counted_states, gravest, sign_of
from provision.workflows.health import Health
from provision.workflows.troubles import FINE, State

INDENT = 2


def area_lines(
    states: Mapping[str, State], health: Health, width: int, *, every_node: bool
) -> list[Text]:
    """Return a line for each area, such as `✓ Network  9 as wanted`.

    With `every_node`, the nodes of an area follow below its line.
    """
    areas = by_area(states)
    longest = max((len(area) for area in areas), default=0)
    most = len(str(max((len(nodes) for nodes in areas.values()), default=0)))
    lines: list[Text] = []
    for area, nodes in areas.items():
        inside = [states[node] for node in nodes]
        line = sign_of(gravest(inside)).append(f" {area.ljust(longest)}  ", style="bold")
        told = counted_states(inside, rest="dim")
        line.append(" " * (most - told.plain.index(" "))).append_text(told)
        served = _served(nodes, health)
        if served and not every_node:
            line.append(f"  {served}", style="cyan")
        lines.append(line)
        if every_node and width < BOUNDLESS:
            cells = [_cell(node, states[node], health) for node in nodes]
            lines += [Text(" " * INDENT).append_text(row) for row in _flow(cells, width - INDENT)]
        elif every_node:  # no terminal: one node a line, by its full name
            lines += [Text(f"  {SIGNS[states[n]][0]} {n} {states[n]}") for n in nodes]
    return lines


def area_words(states: Mapping[str, State], width: int) -> list[Text]:
    """Return the areas in few words, such as `✓ Network 9  ▲ Monitoring 2 of 11`.

    A line has as many as fit.
    """
    cells: list[Text] = []
    for area, nodes in by_area(states).items():
        inside = [states[node] for node in nodes]
        bad = sum(state not in FINE for state in inside)
        state = gravest(inside)
        number = f"{bad} of {len(inside)}" if bad else str(len(inside))
        style = SIGNS[state][1] if bad else "dim"
        cells.append(sign_of(state).append(f" {area} ", style="bold").append(number, style=style))
    return _flow(cells, width)


def _flow(cells: Iterable[Text], width: int) -> list[Text]:
    """Arrange the cells on lines, as many on each as fit in `width`. No cell is split."""
    lines: list[Text] = []
    for cell in cells:
        if lines and lines[-1].cell_len + 2 + cell.cell_len <= width:
            lines[-1].append("  ").append_text(cell)
        else:
            lines.append(cell)
    return lines


def _served(nodes: Iterable[str], health: Health) -> str:
    """Return what callers reach in an area, such as `items v7 live, stage v1`."""
    told = [
        f"{_short(node)} v{health.versions[node]} live" for node in nodes if node in health.versions
    ]
    return ", ".join([*told, *(f"stage {health.stages[n]}" for n in nodes if n in health.stages)])


def _cell(node: str, state: State, health: Health) -> Text:
    style = SIGNS[state][1]
    text = sign_of(state).append(f" {_short(node)}", style=style if state not in FINE else "")
    if version := health.versions.get(node):
        text.append(f" v{version} live", style="cyan")
    if stage := health.stages.get(node):
        text.append(f" {stage}", style="cyan")
    return text


def _short(node: str) -> str:
    return node.partition(".")[2] or node
