"""The plan: a tree by area, what changes by field, and what it comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from provision.finding import WRITES, Action, Cause, Change, Finding
from provision.hazards import Harm, Risk
from provision.parts import ABSENT, Part, parts
from provision.risk import risks_of
from provision.screens.words import SIGNS, by_area, readable, shortened, side_by_side
from provision.step import Mark, Step, Tagged, marked

SHOWN: Final = 8
"""Differences inside one field that are listed without -v."""
_CAUSES: Final = {
    Cause.CONFIG: "by config.yaml",
    Cause.DRIFT: "by drift: changed in AWS",
    Cause.REMOVED: "removed from config.yaml",
}


def plan_screen(
    title: str, findings: Mapping[str, Finding], *, width: int, all_fields: bool = False
) -> RenderableType:
    """Every node that is not simply kept, under its area. `all_fields` lists what a create sets."""
    tree = Tree(Text(title, style="bold"), guide_style="dim")
    for area, nodes in by_area(findings).items():
        shown = [findings[node] for node in nodes if _worth_showing(findings[node])]
        rest = [findings[node] for node in nodes if not _worth_showing(findings[node])]
        heading = Text(area, style="bold")
        if rest:
            heading.append(f"  {_told_short(rest)}", style="dim")
        branch = tree.add(heading)
        for finding in shown:
            leaf = branch.add(_line(finding))
            for text in _details(finding, width=width - 12, all_fields=all_fields):
                leaf.add(text)
            for risk in risks_of(finding):
                leaf.add(_risk(risk))
    return Group(tree, Text(), *summary(findings))


def summary(findings: Mapping[str, Finding]) -> list[Text]:
    """`Plan: 41 to create, 2 kept.`, and below it why, and what it risks."""
    lines = (_counted(findings), _why(findings), _harms(findings))
    return [line for line in lines if line]


def _counted(findings: Mapping[str, Finding]) -> Text:
    counts = Counter(finding.action for finding in findings.values())
    if not any(counts[action] for action in WRITES | {Action.FOREIGN, Action.WAIT}):
        kept = _told_short([one for one in findings.values() if one.action is Action.KEEP])
        skipped = f", {counts[Action.SKIP]} skipped" if counts[Action.SKIP] else ""
        return Text(f"Nothing to change: {kept}{skipped}.", style="green")
    absent = sum(_is_absent(finding) for finding in findings.values())
    counts[Action.KEEP] -= absent
    text = Text("Plan: ")
    told = [
        Text(f"{counts[action]} to {SIGNS[action].doing}", style=SIGNS[action].style)
        for action in (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE)
        if counts[action]
    ]
    told += [
        Text(f"{counts[action]} {word}", style=SIGNS[action].style)
        for action, word in (
            (Action.KEEP, "kept"),
            (Action.FOREIGN, "foreign"),
            (Action.WAIT, "waiting"),
            (Action.SKIP, "skipped"),
        )
        if counts[action]
    ]
    told += [Text(f"{absent} not there", style="dim")] if absent else []
    return text.append_text(Text(", ").join(told)).append(".")


def _is_absent(finding: Finding) -> bool:
    """On the way down: there is nothing to remove."""
    return finding.action is Action.KEEP and finding.have is None and bool(finding.reason)


def _told_short(kept: Collection[Finding]) -> str:
    """`2 as wanted, 33 not there`: what is left as it is."""
    absent = sum(_is_absent(finding) for finding in kept)
    words = [f"{len(kept) - absent} as wanted"] if len(kept) > absent or not absent else []
    return ", ".join([*words, f"{absent} not there"] if absent else words)


def _why(findings: Mapping[str, Finding]) -> Text:
    """`Why: 2 in config.yaml, 1 drift.`"""
    counts = Counter(cause for finding in findings.values() for cause in finding.causes)
    told = ", ".join(f"{counts[cause]} {_CAUSES[cause]}" for cause in Cause if counts[cause])
    return Text(f"Why: {told}." if told else "", style="dim")


def _harms(findings: Mapping[str, Finding]) -> Text:
    """`Risks: 1 data loss, 2 slow (up to 45 min).`"""
    risks = [risk for finding in findings.values() for risk in risks_of(finding)]
    counts = Counter(risk.harm for risk in risks)
    longest = max((risk.longest or risk.seconds for risk in risks), default=0)
    told = [f"{counts[harm]} {harm}" for harm in Harm if counts[harm]]
    if longest:
        told[-1] += f" (up to {duration(longest)})"
    return Text(f"Risks: {', '.join(told)}." if told else "", style="bold red")


def lasting(risk: Risk) -> str:
    """`about 1 min, at most 10 min`."""
    usual = f"about {duration(risk.seconds)}"
    return f"{usual}, at most {duration(risk.longest)}" if risk.longest else usual


def duration(spent: int) -> str:
    """In whole minutes from one on."""
    return f"{spent} s" if spent < 60 else f"{round(spent / 60)} min"  # noqa: PLR2004


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
    if finding.action in WRITES and finding.cause is Cause.REMOVED:
        text.append("  removed from config.yaml", style="yellow")
    if finding.action in WRITES and finding.cause is Cause.DRIFT:
        text.append("  ← drift: it is gone from AWS", style="yellow")
    if finding.reason:
        text.append(f"  {finding.reason}")
    if finding.refusal:
        text.append(f"  ({finding.refusal})", style="bold red")
    return text


def _details(finding: Finding, *, width: int, all_fields: bool) -> list[Text]:
    if finding.action in {Action.UPDATE, Action.REPLACE}:
        return [
            line
            for change in finding.changes
            for line in _change(change, width=width, whole=all_fields)
        ]
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


def _change(change: Change, *, width: int, whole: bool) -> list[Text]:
    """A line for each difference inside the field; the first one says why."""
    inside = parts(change.field, change.have, change.want)
    shown = inside if whole else inside[:SHOWN]
    lines = [_part(part, width) for part in shown]
    if len(shown) < len(inside):
        lines.append(Text(f"… and {len(inside) - len(shown)} more: -v shows them", style="dim"))
    if not lines:  # the same in AWS's eyes, not in ours
        lines.append(_part(Part(change.field, change.have, change.want), width))
    if change.fixed:
        lines[0].append("  cannot change in place", style="magenta")
    if change.cause is Cause.DRIFT:
        lines[0].append("  ← drift: changed in AWS", style="yellow")
    if change.both:
        plain = isinstance(change.left, str | int | float | None)
        was = f": it was {shortened(readable(change.left), width // 3)}" if plain else ""
        lines[0].append(f", and in config.yaml{was}", style="yellow")
    return lines


def _part(part: Part, width: int) -> Text:
    sides = [readable(side) for side in (part.have, part.want) if side is not ABSENT]
    values = min(sum(len(side) for side in sides), width // 2)
    path = shortened(part.path, max(20, width - values - 8))
    room = max(12, (width - len(path) - 6) // len(sides))
    if part.have is ABSENT:
        return Text(f"+ {path}: {shortened(sides[0], room)}", style="green")
    if part.want is ABSENT:
        return Text(f"- {path}: {shortened(sides[0], room)}", style="red")
    have, want = side_by_side(sides[0], sides[1], room)
    return Text(f"{path}: ").append(have, style="red").append(" → ").append(want, style="green")


def _risk(risk: Risk) -> Text:
    text = Text(f"! {risk.harm}: ", style="bold red" if risk.harm is not Harm.SLOW else "yellow")
    return text.append(risk.why).append(f", {lasting(risk)}" if risk.seconds else "")
