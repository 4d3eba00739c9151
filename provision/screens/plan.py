"""The plan: a tree by area, what changes by field, and what it comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich.console import Console, Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from provision.finding import WRITES, Action, Cause, Change, Finding
from provision.screens.words import SIGNS, by_area, readable, shortened
from provision.step import Mark, Step, Tagged, marked

_CAUSES = {Cause.CONFIG: "", Cause.DRIFT: "  ← drift: changed in AWS"}


def plan_screen(
    title: str, findings: Mapping[str, Finding], *, width: int, all_fields: bool = False
) -> RenderableType:
    """Every node that is not simply kept, under its area. `all_fields` lists what a create sets."""
    tree = Tree(Text(title, style="bold"), guide_style="dim")
    for area, nodes in by_area(findings).items():
        shown = [findings[node] for node in nodes if _worth_showing(findings[node])]
        kept = len(nodes) - len(shown)
        heading = Text(area, style="bold")
        if kept:
            heading.append(f"  {kept} as wanted", style="dim")
        branch = tree.add(heading)
        for finding in shown:
            leaf = branch.add(_line(finding))
            for text in _details(finding, width=width - 12, all_fields=all_fields):
                leaf.add(text)
    return Group(tree, Text(), summary_line(findings))


def summary_line(findings: Mapping[str, Finding]) -> Text:
    """`Plan: 41 to create, 2 kept.`"""
    counts = Counter(finding.action for finding in findings.values())
    if not any(counts[action] for action in WRITES | {Action.FOREIGN, Action.WAIT}):
        kept = f"{counts[Action.KEEP]} as wanted"
        skipped = f", {counts[Action.SKIP]} skipped" if counts[Action.SKIP] else ""
        return Text(f"Nothing to change: {kept}{skipped}.", style="green")
    text = Text("Plan: ")
    parts = [
        Text(f"{counts[action]} to {SIGNS[action].doing}", style=SIGNS[action].style)
        for action in (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE)
        if counts[action]
    ]
    parts += [
        Text(f"{counts[action]} {word}", style=SIGNS[action].style)
        for action, word in (
            (Action.KEEP, "kept"),
            (Action.FOREIGN, "foreign"),
            (Action.WAIT, "waiting"),
            (Action.SKIP, "skipped"),
        )
        if counts[action]
    ]
    return text.append_text(Text(", ").join(parts)).append(".")


def print_plan(
    console: Console, title: str, findings: Mapping[str, Finding], *, all_fields: bool = False
) -> None:
    console.print(plan_screen(title, findings, width=console.width, all_fields=all_fields))


def _worth_showing(finding: Finding) -> bool:
    return finding.action is not Action.KEEP or bool(finding.reason and finding.have)


def _line(finding: Finding) -> Text:
    sign = SIGNS[finding.action]
    text = Text(f"{sign.sign} {sign.doing} ", style=sign.style)
    text.append(finding.node, style="bold" if finding.action in WRITES else "default")
    if finding.label and finding.action is not Action.SKIP:
        text.append(f"  {finding.label}", style="dim")
    if finding.reason:
        text.append(f"  {finding.reason}")
    if finding.refusal:
        text.append(f"  ({finding.refusal})", style="bold red")
    return text


def _details(finding: Finding, *, width: int, all_fields: bool) -> list[Text]:
    if finding.action in {Action.UPDATE, Action.REPLACE}:
        return [_change(change, width) for change in finding.changes]
    if finding.action is Action.CREATE and all_fields and finding.want:
        return _fields(finding.want, width)
    return []


def _fields(step: Step, width: int) -> list[Text]:
    names = (*marked(type(step), Mark.FIXED), *marked(type(step), None))
    if isinstance(step, Tagged):
        names = tuple(name for name in names if name != "tags")
    return [
        Text(shortened(f"{name}: {readable(vars(step)[name])}", width), style="dim")
        for name in names
    ]


def _change(change: Change, width: int) -> Text:
    room = max(12, (width - len(change.field) - 6) // 2)
    text = Text(f"{change.field}: ")
    text.append(shortened(readable(change.have), room), style="red")
    text.append(" → ").append(shortened(readable(change.want), room), style="green")
    if change.fixed:
        text.append("  cannot change in place", style="magenta")
    return text.append(_CAUSES[change.cause], style="yellow")
