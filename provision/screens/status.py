"""The dashboard: one screen with every node's state, health and the last hour's numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from provision.finding import Action, Cause, Finding
from provision.health import Health, Traffic
from provision.screens.keys import old_keys
from provision.screens.words import by_area, counted, readable, shortened
from provision.steps.api_key import ApiKey

BARS = "▁▂▃▄▅▆▇█"
AREA_WIDTH = 13
LISTED = 5
"""So many missing nodes are told one by one."""


class State(StrEnum):
    """What a node is like beside what is wanted."""

    AS_WANTED = "as wanted"
    DRIFTED = "drifted"
    OUTDATED = "outdated"  # the configuration changed since the last `up`
    MISSING = "missing"
    FOREIGN = "foreign"
    SKIPPED = "skipped"
    FORGOTTEN = "to be removed"


_SIGNS = {
    State.AS_WANTED: ("✓", "green"),
    State.DRIFTED: ("≠", "bold yellow"),
    State.OUTDATED: ("~", "yellow"),
    State.MISSING: ("✗", "bold red"),
    State.FOREIGN: ("!", "bold red"),
    State.SKIPPED: ("·", "dim"),
    State.FORGOTTEN: ("-", "red"),
}


@dataclass(frozen=True)
class Heading:
    """What stands on top."""

    stack: str
    environment: str
    account: str
    region: str
    endpoint: str
    make: str = "provision up"
    """What to type to have what is missing."""


def state_of(finding: Finding) -> State:
    """The state a finding amounts to."""
    match finding.action:
        case Action.KEEP:
            return State.AS_WANTED
        case Action.CREATE:
            return State.MISSING
        case Action.SKIP:
            return State.SKIPPED
        case Action.FOREIGN:
            return State.FOREIGN
        case Action.DELETE:
            return State.FORGOTTEN
    if finding.have is None:
        return State.MISSING
    drifted = any(change.cause is Cause.DRIFT for change in finding.changes)
    return State.DRIFTED if drifted else State.OUTDATED


def status_screen(
    heading: Heading, findings: Mapping[str, Finding], health: Health, *, width: int
) -> RenderableType:
    states = {node: state_of(finding) for node, finding in findings.items()}
    parts: list[RenderableType] = [_heading(heading)]
    parts += [_nodes(states, health, width), *_explained(heading, findings, states, width)]
    parts += old_keys((n, f.have) for n, f in findings.items() if isinstance(f.have, ApiKey))
    if health.traffic:
        parts += [Text(), _traffic(health)]
    parts += [Text(), _alarms(health), *_summary(states, health)]
    return Group(*parts)


def _heading(heading: Heading) -> Panel:
    grid = Table.grid(padding=(0, 2))
    grid.add_row(Text("environment", style="dim"), heading.environment)
    grid.add_row(Text("account", style="dim"), f"{heading.account}  {heading.region}")
    grid.add_row(
        Text("endpoint", style="dim"),
        Text(heading.endpoint or "not there yet", style="" if heading.endpoint else "dim"),
    )
    return Panel(grid, title=Text(heading.stack, style="bold"), title_align="left")


def _nodes(states: Mapping[str, State], health: Health, width: int) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(style="bold", width=AREA_WIDTH)
    for area, nodes in by_area(states).items():
        cells = [_cell(node, states[node], health) for node in nodes]
        table.add_row(area, _flow(cells, width - AREA_WIDTH - 1))
    return table


def _flow(cells: Iterable[Text], width: int) -> Group:
    """The cells side by side, as many as fit on a line; none is torn."""
    lines: list[Text] = []
    for cell in cells:
        if lines and lines[-1].cell_len + 2 + cell.cell_len <= width:
            lines[-1].append("  ").append_text(cell)
        else:
            lines.append(cell)
    return Group(*lines)


def _cell(node: str, state: State, health: Health) -> Text:
    sign, style = _SIGNS[state]
    short = node.partition(".")[2] or node
    text = Text(f"{sign} ", style=style)
    text.append(short, style="" if state is State.AS_WANTED else style)
    if version := health.versions.get(node):
        text.append(f" v{version} live", style="cyan")
    if stage := health.stages.get(node):
        text.append(f" {stage}", style="cyan")
    if health.alarms.get(node) == "ALARM":
        text.append(" ALARM", style="bold red")
    return text


def _explained(
    heading: Heading, findings: Mapping[str, Finding], states: Mapping[str, State], width: int
) -> list[RenderableType]:
    """A line for each node that is not as wanted: which fields, or why."""
    lines: list[RenderableType] = _skipped(findings, states)
    told = {State.AS_WANTED, State.SKIPPED}
    missing = sum(state is State.MISSING for state in states.values())
    if missing > LISTED:
        told.add(State.MISSING)
        sign, style = _SIGNS[State.MISSING]
        lines.append(
            Text(f"{sign} {missing} nodes missing: `{heading.make}` makes them", style=style)
        )
    for node, state in states.items():
        if state in told:
            continue
        sign, style = _SIGNS[state]
        finding = findings[node]
        lines.append(
            Text(f"{sign} {node} {state}", style=style).append(
                f"  {finding.reason}" if finding.reason else "", style="default"
            )
        )
        room = max(10, (width - 30) // 2)
        lines += [
            Text(f"    {change.field}: ")
            .append(shortened(readable(change.have), room), style="red")
            .append(", wanted ")
            .append(shortened(readable(change.want), room), style="green")
            for change in finding.changes
        ]
    return [Text(), *lines] if lines else []


def _skipped(findings: Mapping[str, Finding], states: Mapping[str, State]) -> list[RenderableType]:
    """A line for each reason to skip, with how many nodes it holds for."""
    reasons = Counter(
        findings[node].reason for node, state in states.items() if state is State.SKIPPED
    )
    sign, style = _SIGNS[State.SKIPPED]
    return [
        Text(f"{sign} {counted(number, 'node')} skipped on local: {reason}", style=style)
        for reason, number in reasons.items()
    ]


def _traffic(health: Health) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("Last hour", style="bold", header_style="bold", min_width=AREA_WIDTH - 2)
    for title in ("invocations", "", "errors", "p95 ms", "dead letters"):
        table.add_column(title, justify="left" if not title else "right")
    for node, traffic in health.traffic.items():
        waiting = health.dead_letters.get(f"{node}.dead_letters", 0)
        errors = int(sum(traffic.errors))
        table.add_row(
            node.partition(".")[2],
            str(int(sum(traffic.invocations))),
            Text(sparkline(traffic.invocations), style="cyan"),
            Text(str(errors), style="bold red" if errors else ""),
            _slowest(traffic),
            Text(str(waiting), style="bold red" if waiting else ""),
        )
    return table


def _slowest(traffic: Traffic) -> str:
    slowest = max(traffic.p95)
    return f"{slowest:.0f}" if slowest else "-"


def sparkline(values: tuple[float, ...]) -> str:
    """One bar a value, the highest full; an empty one where nothing happened."""
    top = max(values, default=0)
    if not top:
        return BARS[0] * len(values)
    steps = len(BARS) - 1
    return "".join(BARS[max(1, round(v / top * steps))] if v else BARS[0] for v in values)


def _alarms(health: Health) -> Text:
    if not health.alarms:
        return Text("Alarms: none there", style="dim")
    counts = Counter(health.alarms.values())
    text = Text("Alarms: ")
    styles = {"ALARM": "bold red", "OK": "green", "INSUFFICIENT_DATA": "dim"}
    names = {"ALARM": "firing", "OK": "ok", "INSUFFICIENT_DATA": "without data yet"}
    parts = [Text(f"{counts[s]} {names[s]}", style=styles[s]) for s in styles if counts[s]]
    return text.append_text(Text(", ").join(parts))


def _summary(states: Mapping[str, State], health: Health) -> list[Text]:
    counts = Counter(states.values())
    text = Text("Nodes: ")
    parts = [Text(f"{counts[s]} {s}", style=_SIGNS[s][1]) for s in State if counts[s]]
    lines = [text.append_text(Text(", ").join(parts))]
    if health.problems:
        problems = counted(len(health.problems), "problem")
        told = f"Unhealthy: {problems}: {'; '.join(health.problems)}"
        lines.append(Text(told, style="bold red"))
    return lines
